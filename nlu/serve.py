"""Keeps one Rasa serving the model in use, and changes models without a gap.

`models/serving/current` names the model (a folder in models/versions/; without the file it is the one that
`make train` made). When the name changes, a second Rasa is started on the same address, and only once it
answers with the new model does the old one finish what it has in hand and end. A model that doesn't load
leaves the old one serving. PHLOV_MODEL fixes the model instead. Ends when Rasa ends, or on SIGTERM.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

MODELS = Path("models")
SHIPPED = "shipped"
# Others may write the name: it must not lead out of the folder.
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,40}")
_LOOK_SECONDS = 0.5
_LOAD_SECONDS = 180.0
_END_SECONDS = 20.0
_DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


def wanted() -> str:
    """The name of the model that should serve."""
    fixed = os.environ.get("PHLOV_MODEL")
    if fixed:
        return fixed
    current = MODELS / "serving" / "current"
    name = current.read_text("utf-8").strip() if current.is_file() else ""
    return name if _NAME.fullmatch(name) else SHIPPED


def file_of(model: str) -> Path:
    return MODELS / "brain.tar.gz" if model == SHIPPED else MODELS / "versions" / model / "brain.tar.gz"


class Server:
    """The Rasa that serves, and its successor while it loads."""

    def __init__(self, interface: str, port: int, options: list[str]) -> None:
        self._interface, self._port, self._options = interface, port, options
        self._children: list[subprocess.Popen[bytes]] = []
        self._stopped = False

    def run(self) -> int:
        """Serves until Rasa ends or `stop`; the exit code."""
        self._refuse_a_taken_port()
        serving = wanted()
        refused = ""
        child = self._start(serving)
        while not self._stopped:
            time.sleep(_LOOK_SECONDS)
            if child.poll() is not None:
                return child.returncode
            model = wanted()
            if model in (serving, refused):
                continue
            successor = self._start(model) if file_of(model).is_file() else None
            if successor is None or not self._answers(model, successor):
                if not self._stopped:
                    _tell(f"the model {model} doesn't load; {serving} goes on serving")
                self._end(successor)
                refused = model
                continue
            self._end(child)
            child, serving, refused = successor, model, ""
            _tell(f"the model {model} serves now")
        for running in list(self._children):
            self._end(running)
        return 0

    def stop(self) -> None:
        self._stopped = True

    def _start(self, model: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "nlu.rasa_process", "run", "--model", str(file_of(model))]
        command += ["--interface", self._interface, "--port", str(self._port), *self._options]
        child = subprocess.Popen(  # noqa: S603
            command, env={**os.environ, "PHLOV_MODEL": model}, preexec_fn=_die_with_parent
        )
        self._children.append(child)
        return child

    def _answers(self, model: str, child: subprocess.Popen[bytes]) -> bool:
        """Waits until one of those that listen says that it serves `model`."""
        deadline = time.monotonic() + _LOAD_SECONDS
        while time.monotonic() < deadline and child.poll() is None and not self._stopped:
            if self._served() == model:
                return True
            time.sleep(0.1)
        return False

    def _served(self) -> str | None:
        try:
            with urllib.request.urlopen(
                f"http://{self._interface}:{self._port}/webhooks/turn/", timeout=2
            ) as answer:
                model = json.load(answer).get("model")
                return str(model) if model else None
        except (OSError, ValueError):
            return None

    def _end(self, child: subprocess.Popen[bytes] | None) -> None:
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._children.remove(child)

    def _refuse_a_taken_port(self) -> None:
        # Two of ours may share the address while one takes over; a stranger's, or a stale one, may not.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._interface, self._port))
            except OSError:
                sys.exit(f"phlov: something else listens on {self._interface}:{self._port}")


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _tell(words: str) -> None:
    print(f"phlov: {words}", file=sys.stderr, flush=True)


def main() -> int:
    server = Server(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: server.stop())
    return server.run()


if __name__ == "__main__":
    sys.exit(main())
