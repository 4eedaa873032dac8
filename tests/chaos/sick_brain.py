"""A door before a real Rasa: it passes turns on, or lets them go wrong in every way that a server can."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests

from tests.stand_ins import QuietServer

_EMPTY_PARSE = {"intent": "greet", "confidence": 0.9, "ranking": {"greet": 0.9}, "entities": {}}


def _answer(parse: dict[str, Any] | None = None, acts: object = ({"do": "menu"},)) -> bytes:
    return json.dumps({"acts": acts, "events": [], "parse": {**_EMPTY_PARSE, **(parse or {})}}).encode()


# What is answered with status 200 instead of a turn.
GARBAGE: dict[str, bytes] = {
    "an empty list": b"[]",
    "nothing": b"",
    "a web page": b"<html><body>Bad gateway</body></html>",
    "cut JSON": _answer()[:-20],
    "no acts": _answer(acts=[]),
    "acts of another kind": _answer(acts=["menu"]),
    "a confidence that is no number": _answer({"confidence": float("nan")}),
    "a confidence over 1": _answer({"confidence": 1.7}),
    "a probability below 0": _answer({"ranking": {"greet": -0.1}}),
    "an intent of nobody": _answer({"intent": "transfer_money"}),
    "no intent": _answer({"intent": None}),
    "a number that fits nowhere": _answer().replace(b"0.9", b"9" * 5000),
    "endless nesting": b"[" * 100_000,
    "too much": b'{"acts": "' + b"x" * 400_000 + b'"}',
}


class SickBrain:
    """One loopback address; `illness` says what happens to the next turns, None passes them on."""

    def __init__(self, rasa_url: str) -> None:
        self.illness: str | None = None
        self.turns = 0
        self.on_turn: Callable[[], None] = lambda: None
        self._rasa_url = rasa_url
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> SickBrain:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sick = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if sick.illness in ("hangs", "is slow"):
                    time.sleep(4)
                try:
                    answer = requests.get(sick._rasa_url + self.path, timeout=2)
                except requests.RequestException:
                    return self._reply(503, b"")
                return self._reply(answer.status_code, answer.content)

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                sick.turns += 1
                sick.on_turn()
                illness = sick.illness
                if illness in GARBAGE:
                    return self._reply(200, GARBAGE[illness])
                if illness == "fails":
                    return self._reply(500, b'{"error": "turn failed"}')
                if illness == "hangs up":
                    self.close_connection = True
                    return self.connection.close()
                if illness == "hangs":
                    time.sleep(8)
                if illness == "trickles":
                    return self._trickle(_answer())
                try:
                    answer = requests.post(
                        sick._rasa_url + self.path, data=raw, headers=dict(self.headers), timeout=10
                    )
                except requests.RequestException:
                    return self._reply(502, b"")
                if illness == "is slow":
                    time.sleep(4)
                return self._reply(answer.status_code, answer.content)

            def _reply(self, status: int, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:  # the helpline didn't wait for it
                    self.close_connection = True

            def _trickle(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        time.sleep(0.2)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        return Handler
