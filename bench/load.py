"""Open-loop load: messages leave at set times, however slowly the last ones were answered.

All times count from when a message was due, not from when the sender got around to it, so that a
system that stalls can't hide it (no coordinated omission).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from bench.percentiles import summary
from tests.chaos.traffic import QUESTIONS
from tests.stand_ins import Providers

_SENDERS = 200
_ANSWERED_WITHIN = 90.0

Post = Callable[[str, str, str], requests.Response]


class TimedProviders(Providers):
    """The stand-in for Twilio that notes when the first reply to each person came."""

    def __init__(self) -> None:
        super().__init__()
        self.first_reply: dict[str, float] = {}

    def accept_sms(self, raw: bytes) -> dict[str, Any]:
        at = time.monotonic()
        message = super().accept_sms(raw)
        self.first_reply.setdefault(message["to"], at)
        return message

    def replies_to(self, due: dict[str, float], seconds: float = _ANSWERED_WITHIN) -> dict[str, float]:
        """When the first reply to each of these people came, waiting at most so long for those without."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(person not in self.first_reply for person in due):
            time.sleep(0.1)
        return {person: self.first_reply[person] for person in due if person in self.first_reply}


@dataclass
class Outcome:
    """Seconds from a message's due time to its acknowledgement, and to its reply at the provider."""

    rate: float
    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    refused: int = 0
    unanswered: int = 0
    seconds: float = 0.0  # from the first message to the last reply

    def as_json(self) -> dict[str, Any]:
        return {
            "messages a second": self.rate,
            "messages": len(self.acknowledged) + self.refused,
            "acknowledgement ms": summary(self.acknowledged),
            "turn ms": summary(self.answered),
            "refused": self.refused,
            "unanswered": self.unanswered,
            "answered a second": round(len(self.answered) / self.seconds, 1) if self.seconds else 0,
        }


@dataclass(frozen=True)
class Due:
    """A message that leaves `at` so many seconds from the start."""

    at: float
    text: str
    person: str
    identity: str


def post_when_due(post: Post, messages: Iterable[Due]) -> tuple[float, list[float], int]:
    """Posts `messages`, in the order of their times; when that began, the seconds from each one's time to
    its 200, and how many got none."""
    times: list[float] = []
    refused = 0
    lock = threading.Lock()

    def send(message: Due, at: float) -> None:
        nonlocal refused
        try:
            good = post(message.text, message.person, message.identity).ok
        except requests.RequestException:
            good = False
        took = time.monotonic() - at
        with lock:
            if good:
                times.append(took)
            else:
                refused += 1

    began = time.monotonic() + 0.5
    with ThreadPoolExecutor(_SENDERS) as pool:
        for message in messages:
            at = began + message.at
            time.sleep(max(0.0, at - time.monotonic()))
            pool.submit(send, message, at)
    return began, times, refused


def load(post: Post, providers: TimedProviders, rate: float, seconds: float, run: int) -> Outcome:
    """`rate` messages a second for `seconds`, each by a new person."""
    outcome = Outcome(rate)
    messages = [
        Due(
            number / rate,
            QUESTIONS[number % len(QUESTIONS)],
            f"+8559{run:03}{number:05}",
            f"SM{run:04}{number:08}",
        )
        for number in range(int(rate * seconds))
    ]
    began, outcome.acknowledged, outcome.refused = post_when_due(post, messages)
    due = {message.person: began + message.at for message in messages}
    replies = providers.replies_to(due)
    outcome.answered = [replies[person] - due[person] for person in replies]
    outcome.unanswered = len(due) - len(replies)
    outcome.seconds = max(replies.values(), default=began) - began
    return outcome
