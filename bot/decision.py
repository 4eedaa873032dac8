"""A message to decide on, what is known before it, and what is to be done: bot/decide.py gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.brain import Events
from bot.intents import SENSITIVE
from bot.models import Form, State

Act = dict[str, Any]


class Outcome(StrEnum):
    ESCALATE = "escalate"
    OFFER = "offer"
    ANSWER = "answer"
    SILENT = "silent"


@dataclass(frozen=True)
class Incoming:
    """A message to decide on: its text as it came, its kind, and a pressed button's payload."""

    text: str
    kind: str = "text"
    payload: str | None = None


@dataclass(frozen=True)
class Situation:
    """What is known of the conversation before the message."""

    state: State = State.BOT
    form: Form = Form.KHMER
    form_chosen: bool = False
    options: list[dict[str, str]] | None = None
    events: Events = field(default_factory=list)
    not_understood: int = 0
    stopped: bool = False
    safety_asked: bool = False
    is_first: bool = True
    wary: bool = False  # a sign of danger was seen earlier in the conversation
    code_words: frozenset[str] = frozenset()
    covered: bool = False  # the code word was used, and no operator has ended that
    consent_given: bool = False  # to keep what is told
    seems_child: bool = False  # without an adult: no consent is asked
    is_known: bool = False  # something of the person is kept, which they may change
    needs_noted: bool = False  # a need or a job alert of theirs is open, which they may end


@dataclass(frozen=True)
class Decision:
    """What is to be done: `acts` in order, the queue's entry, and the brain's new state."""

    outcome: Outcome
    form: Form
    acts: list[Act] = field(default_factory=list)
    intent: str | None = None
    reason: str = ""
    priority: int | None = None
    options: tuple[str, ...] = ()
    events: Events | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def is_sign_of_danger(self) -> bool:
        """Whether later messages of the conversation are to be read with this one in mind."""
        return self.reason in SENSITIVE or any(act.get("person_first") for act in self.acts)

    @property
    def did_not_understand(self) -> bool:
        return self.outcome is Outcome.OFFER and self.intent is None
