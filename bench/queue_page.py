"""How fast is the queue, and do open pages cost the people who write? `python -m bench.queue_page`

The real web process on SQLite with 500 waiting conversations. Measured with no page open and with 60
browsers listening: the queue page, the way of an event from its commit to every open page, and the
acknowledgement of webhooks at 20 a second. Limits: page p95 200 ms, event 1 s, acknowledgement p99 100 ms.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from bench.percentiles import summary
from bot import handoff, inbox, operators
from bot.database import Database, connect
from bot.models import Author, Channel, Conversation, Delivery, Direction, Message, StaffSession
from bot.settings import load_settings
from tests.processes.helpline import Helpline
from tests.stand_ins import Providers

WAITING = 500
BROWSERS = 60
_PAGES = 100
_EVENTS = 20
_WEBHOOKS = 200
_PAUSE = 0.05


def run() -> dict[str, Any]:
    """Everything measured, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, Providers() as providers:
        helpline = Helpline(providers, Path(folder))
        helpline.phlov("migrate")
        database = connect(load_settings(helpline.environment))
        for number in range(WAITING):
            _wait(database, number)
        tokens = [_sign_in(database, number) for number in range(BROWSERS)]
        helpline.start("web")
        try:
            helpline.wait_until_ready(brain=False)
            queue = _session(tokens[0])
            page = f"{helpline.url}/console/queue"
            found: dict[str, Any] = {"waiting": WAITING, "page": _times(lambda: queue.get(page), _PAGES)}
            found["acknowledged"] = _acknowledgements(helpline, "a")
            pages = [_Page(helpline.url, token) for token in tokens]
            found["events"] = _events(database, pages)
            found["open streams"] = sum(page.is_open for page in pages)
            found["page, 60 listening"] = _times(lambda: queue.get(page), _PAGES)
            found["acknowledged, 60 listening"] = _acknowledgements(helpline, "b")
            return found
        finally:
            helpline.stop()


class _Page:
    """An open page: notes when it hears of which conversation."""

    def __init__(self, url: str, token: str) -> None:
        self.heard: dict[int, float] = {}
        self.is_open = False
        self._stream = _session(token).get(f"{url}/console/events?poll=1", stream=True, timeout=30)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        self.is_open = self._stream.status_code == 200
        for line in self._stream.iter_lines(chunk_size=1):
            if line.startswith(b"data: "):
                number = json.loads(line[6:]).get("conversation")
                self.heard.setdefault(number, time.perf_counter())


def _events(database: Database, pages: list[_Page]) -> dict[str, float]:
    """The way of an event from the commit to every page."""
    took = []
    for number in range(_EVENTS):
        time.sleep(0.37)  # not in step with the feed
        conversation = _wait(database, WAITING + number)
        committed = time.perf_counter()
        deadline = committed + 5
        while any(conversation not in page.heard for page in pages) and time.perf_counter() < deadline:
            time.sleep(0.005)
        took += [page.heard.get(conversation, deadline) - committed for page in pages]
    return summary(took)


def _acknowledgements(helpline: Helpline, run_name: str) -> dict[str, float]:
    took = []
    for number in range(_WEBHOOKS):
        began = time.perf_counter()
        answer = helpline.sms("x", f"+8551500{number:04}", f"SM{run_name}{number:031}")
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200
        time.sleep(max(0.0, _PAUSE - took[-1]))
    return summary(took)


def _times(ask: Callable[[], requests.Response], number: int) -> dict[str, float]:
    took = []
    for _ in range(number):
        began = time.perf_counter()
        answer = ask()
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200 and not answer.history
    return summary(took)


def _wait(database: Database, number: int) -> int:
    """A conversation that waits, with one message; its number."""
    with database.transaction() as session:
        contact = inbox.find_or_create_contact(session, Channel.SMS, f"+8551600{number:04}")
        conversation = Conversation(contact_id=contact.id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        session.add(
            Message(
                contact_id=contact.id,
                conversation_id=conversation.id,
                direction=Direction.IN,
                channel=Channel.SMS,
                author=Author.PERSON,
                body="x" * 100,
                provider_id=f"SMq{number}",
                state=Delivery.HANDLED,
                position=number,
            )
        )
        handoff.escalate(session, conversation, "asked_for_person", 2 + number % 3)
        return conversation.id


def _sign_in(database: Database, number: int) -> str:
    """A signed-in browser's token."""
    token = secrets.token_urlsafe(32)
    with database.transaction() as session:
        operator, _ = operators.add(session, f"operator {number}")
        operator.one_time = False
        hashed = hashlib.sha256(token.encode()).hexdigest()
        session.add(StaffSession(token_hash=hashed, operator_id=operator.id))
    return token


def _session(token: str) -> requests.Session:
    session = requests.Session()
    session.cookies.set("phlov_staff", token)
    return session


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
