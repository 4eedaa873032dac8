"""From a message that taught something to a line to learn from.

A message that the bot didn't understand, or that an operator says means something else, is noted without
its words. Somebody who may read the conversation checks what is left of it without names and numbers;
only that text is kept. A manager then gives it the right intent. From somebody who said no to it nothing is
learnt (bot/learning/by_consent.py: what a yes changes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from bot import audit, consent, intents
from bot.learning.redact import redact, what_is_left
from bot.models import (
    CandidateState,
    Contact,
    Conversation,
    Direction,
    Escalation,
    ExampleState,
    Form,
    LearningCandidate,
    LearningExample,
    Message,
    Operator,
    Why,
)
from bot.models.columns import now
from bot.teams import seen_by

_LONGEST = 300
_SHORTEST = 2


class NotLearnable(Exception):
    """A text or intent that can't be taken; `problems` are names, told in words by the console."""

    def __init__(self, *problems: str) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Candidate:
    """A message that may be checked, with what the rules left of it."""

    message_id: int
    conversation_id: int
    why: str
    intent: str | None
    form: Form
    text: str
    redacted: str


def note_not_understood(session: Session, message: Message) -> None:
    """Notes that the bot didn't understand `message`; none of its words, and nothing after a no."""
    if session.get(LearningCandidate, message.id) is None and not _is_refused(session, message):
        session.add(LearningCandidate(message_id=message.id, why=Why.NOT_UNDERSTOOD))


def relabel(session: Session, operator: Operator, message: Message, intent: str) -> None:
    """Notes what `message` means to the operator who read it. Raises NotLearnable."""
    if intent not in intents.ALL:
        raise NotLearnable("unknown_intent")
    if message.direction != Direction.IN or not message.body:
        raise NotLearnable("no_words")
    if _is_refused(session, message):
        raise NotLearnable("person_said_no")
    found = session.get(LearningCandidate, message.id)
    if found is None:
        found = LearningCandidate(message_id=message.id)
        session.add(found)
    if found.state == CandidateState.RELEASED:
        raise NotLearnable("already_released")
    found.why, found.intent, found.state = Why.RELABELLED, intent, CandidateState.OPEN
    found.operator_id, found.at = operator.id, now()
    audit.record(session, operator, "relabel", f"message:{message.id}", intent)


def noted_meanings(session: Session, message_ids: Sequence[int]) -> dict[int, str]:
    """What operators said that these messages mean, by message."""
    query = select(LearningCandidate.message_id, LearningCandidate.intent).where(
        LearningCandidate.message_id.in_(message_ids), LearningCandidate.intent.is_not(None)
    )
    return {message_id: str(intent) for message_id, intent in session.execute(query)}


def candidates(session: Session, operator: Operator, most: int = 50) -> list[Candidate]:
    """What the operator may check: of conversations that they may read, what operators relabelled first.

    Conversations that were ever sensitive are left out, unless an operator relabelled the message.
    """
    query = (
        select(LearningCandidate, Message, Conversation)
        .join(Message, Message.id == LearningCandidate.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(LearningCandidate.state == CandidateState.OPEN, seen_by(operator))
        .where((LearningCandidate.why == Why.RELABELLED) | ~was_sensitive())
        .order_by(LearningCandidate.why.desc(), LearningCandidate.at.desc())
        .limit(most)
    )
    return [
        Candidate(
            message.id,
            conversation.id,
            candidate.why,
            candidate.intent,
            Form(message.form or Form.KHMER),
            message.body,
            redact(message.body),
        )
        for candidate, message, conversation in session.execute(query)
        if message.body.strip()
    ]


def release(session: Session, operator: Operator, message_id: int, text: str) -> LearningExample:
    """Keeps `text`, which the operator checked, to learn from. Raises NotLearnable."""
    candidate, message = _open(session, operator, message_id)
    example = keep(session, candidate, message, text, operator)
    audit.record(session, operator, "release_to_learn", f"message:{message_id}", f"example {example.id}")
    return example


def keep(
    session: Session, candidate: LearningCandidate, message: Message, text: str, operator: Operator | None
) -> LearningExample:
    """Keeps what is left of `message`; without an `operator` by the person's consent. Raises NotLearnable."""
    text = " ".join(text.split())
    if problems := what_is_wrong(text):
        raise NotLearnable(*problems)
    candidate.state = CandidateState.RELEASED
    example = LearningExample(
        contact_id=message.contact_id,
        text=text,
        form=Form(message.form or Form.KHMER),
        why=candidate.why,
        state=ExampleState.RELEASED,
        suggested=candidate.intent,
        released_by=operator.id if operator else None,
    )
    session.add(example)
    session.flush()
    return example


def dismiss_candidate(session: Session, operator: Operator, message_id: int) -> None:
    """Nothing is learnt from this message. Raises NotLearnable where the operator may not read it."""
    candidate, _ = _open(session, operator, message_id)
    candidate.state = CandidateState.DISMISSED
    audit.record(session, operator, "not_to_learn", f"message:{message_id}")


def released(session: Session) -> list[LearningExample]:
    """What waits for its intent, the oldest first."""
    return _in_state(session, ExampleState.RELEASED)


def labelled(session: Session) -> list[LearningExample]:
    """What has its intent and wasn't exported yet."""
    return _in_state(session, ExampleState.LABELLED)


def label(session: Session, manager: Operator, example_id: int, intent: str, text: str) -> None:
    """Gives an example its intent, and the text as the manager corrected it. Raises NotLearnable."""
    example = session.get(LearningExample, example_id, with_for_update=True)
    if example is None or example.state not in (ExampleState.RELEASED, ExampleState.LABELLED):
        raise NotLearnable("gone")
    text = " ".join(text.split())
    problems = what_is_wrong(text)
    if intent not in intents.ALL:
        problems.append("unknown_intent")
    if problems:
        raise NotLearnable(*problems)
    example.text, example.intent, example.state = text, intent, ExampleState.LABELLED
    example.labelled_by, example.labelled_at = manager.id, now()
    audit.record(session, manager, "label_example", f"example:{example_id}", intent)


def dismiss(session: Session, manager: Operator, example_id: int) -> None:
    """Throws an example away, its text too."""
    example = session.get(LearningExample, example_id, with_for_update=True)
    if example is None or example.state == ExampleState.EXPORTED:
        raise NotLearnable("gone")
    example.state, example.text, example.contact_id = ExampleState.DISMISSED, "", None
    audit.record(session, manager, "dismiss_example", f"example:{example_id}")


def forget(session: Session, contact: Contact) -> list[int]:
    """Deletes what was noted and kept of a person and not yet exported; the texts' numbers."""
    mine = select(Message.id).where(Message.contact_id == contact.id)
    session.execute(delete(LearningCandidate).where(LearningCandidate.message_id.in_(mine)))
    kept = list(session.scalars(select(LearningExample.id).where(LearningExample.contact_id == contact.id)))
    session.execute(delete(LearningExample).where(LearningExample.id.in_(kept)))
    return kept


def mark_exported(session: Session, examples: Sequence[LearningExample]) -> None:
    """From now on nobody can tell who wrote them."""
    session.execute(
        update(LearningExample)
        .where(LearningExample.id.in_([example.id for example in examples]))
        .values(state=ExampleState.EXPORTED, exported_at=now(), contact_id=None)
    )


def what_is_wrong(text: str) -> list[str]:
    """The names of what keeps `text` from being learnt from."""
    problems = [f"{name}_left" for name in what_is_left(text)]
    if not _SHORTEST <= len(text) <= _LONGEST:
        problems.append("unfit_length")
    return problems


def _open(session: Session, operator: Operator, message_id: int) -> tuple[LearningCandidate, Message]:
    query = (
        select(LearningCandidate, Message)
        .join(Message, Message.id == LearningCandidate.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(LearningCandidate.message_id == message_id, seen_by(operator))
        .where(LearningCandidate.state == CandidateState.OPEN)
        .with_for_update(of=LearningCandidate)
    )
    found = session.execute(query).first()
    if found is None:
        raise NotLearnable("gone")
    return found[0], found[1]


def _in_state(session: Session, state: ExampleState) -> list[LearningExample]:
    query = select(LearningExample).where(LearningExample.state == state).order_by(LearningExample.id)
    return list(session.scalars(query))


def _is_refused(session: Session, message: Message) -> bool:
    return consent.has_refused(session, session.get_one(Contact, message.contact_id), consent.LEARN)


def was_sensitive() -> ColumnElement[bool]:
    """Whether a Conversation was ever in the queue for danger, as a condition."""
    return exists().where(
        Escalation.conversation_id == Conversation.id, Escalation.reason.in_(intents.SENSITIVE)
    )
