"""What is in the air between the phones and the helpline, in memory and bounded."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

_MOST = 2_000


@dataclass
class Bubble:
    """One message as a phone shows it. `phone` is a number or a chat id."""

    number: int
    phone: str
    channel: str
    sent_by_person: bool
    text: str
    kind: str = "text"
    state: str = ""
    segments: int = 1
    buttons: list[dict[str, str]] = field(default_factory=list)
    provider_id: str = ""
    at: float = field(default_factory=time.time)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Air:
    """All bubbles; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bubbles: list[Bubble] = []
        # Numbers go on from the clock, so that after a restart they aren't those of before.
        self._numbers = itertools.count(int(time.time() * 10))

    def add(self, phone: str, channel: str, sent_by_person: bool, text: str, **fields: Any) -> Bubble:
        with self._lock:
            bubble = Bubble(next(self._numbers), phone, channel, sent_by_person, text, **fields)
            self._bubbles.append(bubble)
            del self._bubbles[:-_MOST]
            return bubble

    def next_number(self) -> int:
        """A number that nothing else has: an update id, a message id."""
        with self._lock:
            return next(self._numbers)

    def of(self, phone: str) -> list[Bubble]:
        with self._lock:
            return [bubble for bubble in self._bubbles if bubble.phone == phone]

    def by_number(self, number: int) -> Bubble | None:
        with self._lock:
            return next((bubble for bubble in self._bubbles if bubble.number == number), None)

    def received(self, channel: str) -> list[Bubble]:
        """What the helpline sent on `channel`, newest first."""
        with self._lock:
            found = [b for b in self._bubbles if b.channel == channel and not b.sent_by_person]
        return found[::-1]

    def set_state(self, number: int, state: str) -> None:
        bubble = self.by_number(number)
        if bubble is not None:
            bubble.state = state
