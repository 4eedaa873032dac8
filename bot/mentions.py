"""Colleagues named in notes: "@name" makes an unread mark for them until they open the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from bot import events
from bot.models import Contact, Conversation, Mention, Note, Operator
from bot.models.columns import now
from bot.teams import may_see, seen_by


@dataclass(frozen=True)
class Call:
    """Somebody named the operator in a note: where and who, nothing of what it says."""

    conversation_id: int
    note_id: int
    alias: str
    by: str
    at: datetime


def note(
    session: Session, conversation: Conversation, operator: Operator, text: str
) -> tuple[Note, list[Operator]]:
    """Keeps a note and marks it for whom it mentions; returns also who was named but may not see it."""
    kept = Note(conversation_id=conversation.id, operator_id=operator.id, body=text)
    session.add(kept)
    session.flush()
    outside = []
    for colleague in _named(session, text):
        if not may_see(colleague, conversation):
            outside.append(colleague)
        elif colleague.id != operator.id:
            session.add(Mention(note_id=kept.id, conversation_id=conversation.id, operator_id=colleague.id))
    return kept, outside


def unread(session: Session, operator: Operator) -> list[Call]:
    """The operator's unread mentions in conversations that they see, the newest first."""
    query = (
        select(Mention.note_id, Mention.conversation_id, Mention.at, Contact.alias, Operator.name)
        .join(Conversation, Conversation.id == Mention.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Note, Note.id == Mention.note_id)
        .join(Operator, Operator.id == Note.operator_id)
        .where(*_unread_of(operator))
        .order_by(Mention.id.desc())
    )
    return [
        Call(row.conversation_id, row.note_id, row.alias, row.name, row.at) for row in session.execute(query)
    ]


def count_unread(session: Session, operator: Operator) -> int:
    """How many mentions `unread` lists."""
    query = (
        select(func.count(Mention.id))
        .join(Conversation, Conversation.id == Mention.conversation_id)
        .where(*_unread_of(operator))
    )
    return session.scalar(query) or 0


def read(session: Session, conversation: Conversation, operator: Operator) -> None:
    """The operator has opened the conversation: nothing there is unread for them any more."""
    done = session.execute(
        update(Mention)
        .where(Mention.conversation_id == conversation.id, Mention.operator_id == operator.id)
        .where(Mention.read_at.is_(None))
        .values(read_at=now())
    )
    if getattr(done, "rowcount", 0):
        events.publish(session, events.Kind.MENTION, conversation.id)


def _unread_of(operator: Operator) -> tuple[ColumnElement[bool], ...]:
    return Mention.operator_id == operator.id, Mention.read_at.is_(None), seen_by(operator)


def _named(session: Session, text: str) -> list[Operator]:
    """The operators whose names stand behind an @ in `text`; of names that begin alike, the longest."""
    if "@" not in text:
        return []
    everybody = session.scalars(select(Operator).where(Operator.disabled_at.is_(None)))
    by_length = sorted(everybody, key=lambda operator: len(operator.name), reverse=True)
    rest, named = text.casefold(), []
    for operator in by_length:
        mark = f"@{operator.name.casefold()}"
        if mark in rest:
            named.append(operator)
            rest = rest.replace(mark, " ")
    return named
