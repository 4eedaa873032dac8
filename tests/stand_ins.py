"""Twilio's (or Somleng's) and Telegram's own servers, stood in for at the HTTP boundary.

The only fakes in the tests. They keep what was sent to them, and can be told to refuse, to be slow,
or to lose their answer after accepting.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4


@dataclass
class Trouble:
    """How the next request ends: a status with headers, or an accepted message whose answer is lost."""

    status: int = 500
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    accept_then_drop: bool = False
    delay: float = 0.0


class QuietServer(ThreadingHTTPServer):
    """Says nothing where a client that was killed hangs up."""

    def handle_error(self, request: object, client_address: object) -> None:
        return


class Providers:
    """Both stand-ins on one loopback port, as a context manager."""

    def __init__(self) -> None:
        self.sms: list[dict[str, Any]] = []
        self.came_in: list[dict[str, Any]] = []  # what Twilio lists as sent to us
        self.page_size = 100
        self.telegram: list[dict[str, Any]] = []
        self.troubles: deque[Trouble] = deque()
        self.list_troubles: deque[Trouble] = deque()  # of asking for the list of messages
        self.lock = threading.Lock()
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def texts(self) -> list[str]:
        """The texts of all messages accepted, SMS first."""
        with self.lock:
            return [m["body"] for m in self.sms] + [m["text"] for m in self.telegram]

    def wait_for(self, number: int, seconds: float = 20.0) -> list[str]:
        """The texts, once there are at least `number` of them; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(self.texts()) < number:
            assert time.monotonic() < deadline, f"only {len(self.texts())} of {number} messages came"
            time.sleep(0.05)
        return self.texts()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        providers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                with providers.lock:
                    trouble = providers.troubles.popleft() if providers.troubles else None
                if trouble and trouble.delay:
                    time.sleep(trouble.delay)
                if trouble and not trouble.accept_then_drop:
                    self._answer(trouble.status, trouble.body, trouble.headers)
                    return
                is_sms = self.path.endswith("/Messages.json")
                answer = providers.accept_sms(raw) if is_sms else providers.accept_telegram(raw)
                if trouble:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._answer(201 if is_sms else 200, answer)

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                query = parse_qs(address.query)
                with providers.lock:
                    trouble = providers.list_troubles.popleft() if providers.list_troubles else None
                    listed = sorted(
                        [*providers.sms, *providers.came_in],
                        key=lambda m: parsedate_to_datetime(m["date_created"]),
                        reverse=True,
                    )
                if trouble:
                    self._answer(trouble.status, trouble.body, trouble.headers)
                    return
                found = [m for m in listed if m["to"] in query.get("To", [m["to"]])]
                first = int(query.get("Page", ["0"])[0]) * providers.page_size
                following = None
                if len(found) > first + providers.page_size:
                    fields = {name: values[0] for name, values in query.items()}
                    fields["Page"] = str(first // providers.page_size + 1)
                    following = f"{address.path}?{urlencode(fields)}"
                page = found[first : first + providers.page_size]
                self._answer(200, {"messages": page, "next_page_uri": following})

            def _answer(
                self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
            ) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        return Handler

    def accept_sms(self, raw: bytes) -> dict[str, Any]:
        form = {name: values[0] for name, values in parse_qs(raw.decode(), keep_blank_values=True).items()}
        message = {
            "sid": str(uuid4()),  # as Somleng's are
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "status": "queued",
            "direction": "outbound-api",
            "date_created": format_datetime(datetime.now(UTC)),
            "callback": form.get("StatusCallback"),
        }
        with self.lock:
            self.sms.append(message)
        return message

    def hold_inbound(self, sender: str, text: str, at: datetime | None = None, sid: str | None = None) -> str:
        """A person's SMS that Twilio got and keeps in its list; its id. No webhook is called."""
        message = {
            "sid": sid or f"SM{uuid4().hex}",
            "to": "+855000000000",
            "from": sender,
            "body": text,
            "status": "received",
            "direction": "inbound",
            "num_media": "0",
            "date_created": format_datetime(at or datetime.now(UTC)),
        }
        with self.lock:
            self.came_in.append(message)
        return str(message["sid"])

    def accept_telegram(self, raw: bytes) -> dict[str, Any]:
        message = json.loads(raw)
        with self.lock:
            self.telegram.append(message)
            number = len(self.telegram)
        return {"ok": True, "result": {"message_id": number, "chat": {"id": message["chat_id"]}}}
