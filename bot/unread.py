"""What an operator hasn't seen yet: how far each has read each conversation."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from bot.models import Direction, Look, Message, Transfer
from bot.models.columns import now


def has_news(session: Session, conversation_id: int, operator_id: int) -> bool:
    """Whether there is a message that the operator hasn't seen, or one given to them not yet opened."""
    newest = session.scalar(select(func.max(Message.id)).where(Message.conversation_id == conversation_id))
    look = session.get(Look, (operator_id, conversation_id))
    if (newest or 0) > (look.message_id if look else -1):
        return True
    untaken = select(Transfer.id).where(
        Transfer.conversation_id == conversation_id,
        Transfer.to_id == operator_id,
        Transfer.taken_at.is_(None),
    )
    return session.scalars(untaken.limit(1)).first() is not None


def mark_read(session: Session, conversation_id: int, operator_id: int) -> None:
    """The operator has seen all there is, and has thereby taken what was given to them."""
    newest = session.scalar(select(func.max(Message.id)).where(Message.conversation_id == conversation_id))
    look = session.get(Look, (operator_id, conversation_id))
    if look is None:
        look = Look(operator_id=operator_id, conversation_id=conversation_id)
        session.add(look)
    look.message_id, look.at = newest or 0, now()
    session.execute(
        update(Transfer)
        .where(Transfer.conversation_id == conversation_id, Transfer.to_id == operator_id)
        .where(Transfer.taken_at.is_(None))
        .values(taken_at=now())
    )


def unread(session: Session, operator_id: int, conversation_ids: Iterable[int]) -> dict[int, int]:
    """How many messages of the person the operator hasn't seen, where there are any."""
    look = and_(Look.conversation_id == Message.conversation_id, Look.operator_id == operator_id)
    query = (
        select(Message.conversation_id, func.count(Message.id))
        .outerjoin(Look, look)
        .where(Message.conversation_id.in_(list(conversation_ids)), Message.direction == Direction.IN)
        .where(Message.id > func.coalesce(Look.message_id, 0))
        .group_by(Message.conversation_id)
    )
    return {number: count for number, count in session.execute(query) if number is not None}
