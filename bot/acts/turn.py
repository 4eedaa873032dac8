"""What the acts of one turn work on: the reply that they build together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot.models import Contact, Conversation, Form
from bot.replies import Option
from bot.settings import Settings
from bot.words import say

Act = dict[str, Any]


@dataclass
class Turn:
    """What the acts of one turn work on, and the reply they build."""

    session: Session
    settings: Settings
    contact: Contact
    conversation: Conversation
    form: Form
    parts: list[str] = field(default_factory=list)
    question: str | None = None
    options: list[Option] = field(default_factory=list)
    person_first: bool = False

    def say(self, key: str, **values: object) -> None:
        self.parts.append(say(key, self.form, {"brand": self.settings.brand, **values}))

    def slot(self, name: str) -> str | None:
        """What the brain has understood of `name` in this conversation."""
        events = self.conversation.brain_events or []
        found = [e.get("value") for e in events if e.get("event") == "slot" and e.get("name") == name]
        return str(found[-1]) if found and isinstance(found[-1], str) else None

    def offer(self, label: str, payload: str) -> None:
        self.offer_label(say(label, self.form), payload)

    def offer_label(self, label: str, payload: str) -> None:
        """Offers a choice whose label is words already."""
        self.options.append(Option(label, payload))


# Carries one act out: adds to the turn's reply, or changes what is kept.
CarryOut = Callable[[Turn, Act], None]
