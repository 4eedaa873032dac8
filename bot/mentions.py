"""Colleagues named in notes: "@name" makes an unread mark for them until they open the conversation."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.models import Conversation, Mention, Note, Operator
from bot.models.columns import now
from bot.teams import may_see


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


def unread(session: Session, operator: Operator) -> list[Mention]:
    """The operator's unread mentions, the newest first."""
    query = select(Mention).where(Mention.operator_id == operator.id, Mention.read_at.is_(None))
    return list(session.scalars(query.order_by(Mention.id.desc())))


def count_unread(session: Session, operator: Operator) -> int:
    """How many mentions the operator hasn't read."""
    query = select(func.count(Mention.id)).where(Mention.operator_id == operator.id)
    return session.scalar(query.where(Mention.read_at.is_(None))) or 0


def read(session: Session, conversation: Conversation, operator: Operator) -> None:
    """The operator has opened the conversation: nothing there is unread for them any more."""
    session.execute(
        update(Mention)
        .where(Mention.conversation_id == conversation.id, Mention.operator_id == operator.id)
        .where(Mention.read_at.is_(None))
        .values(read_at=now())
    )


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
