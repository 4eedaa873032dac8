"""Breaking the glass: an operator opens a conversation of another team, with a reason, for a while.

As long as it is open they may read it, claim it from the queue, or pass it to a team of their own.
What they claimed is theirs until they close it or give it on: nobody is left alone by a clock.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Conversation, Opening, Operator
from bot.models.columns import now
from bot.teams import may_see

HOW_LONG = timedelta(minutes=60)
SHORTEST_REASON = 10
LONGEST_REASON = 500


def open_with_reason(
    session: Session, operator: Operator, conversation: Conversation, reason: str
) -> Opening:
    """Lets `operator` see the conversation for HOW_LONG. Raises ValueError where the reason is too short."""
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValueError("too short")
    opening = Opening(
        operator_id=operator.id,
        conversation_id=conversation.id,
        reason=reason[:LONGEST_REASON],
        until=now() + HOW_LONG,
    )
    session.add(opening)
    session.flush()
    audit.record(session, operator, "break_glass", f"conversation:{conversation.id}", f"opening:{opening.id}")
    return opening


def may_open(session: Session, operator: Operator, conversation: Conversation) -> bool:
    """Whether the operator sees the conversation now: by the teams, or after giving a reason."""
    return may_see(operator, conversation) or current(session, operator, conversation) is not None


def current(session: Session, operator: Operator, conversation: Conversation) -> Opening | None:
    """The opening by which the operator sees the conversation now."""
    query = select(Opening).where(
        Opening.operator_id == operator.id,
        Opening.conversation_id == conversation.id,
        Opening.until > now(),
    )
    return session.scalars(query.order_by(Opening.id.desc())).first()


def seen_only_by(session: Session, operator: Operator, conversation: Conversation) -> Opening | None:
    """The opening without which the operator wouldn't see the conversation; None where the teams let them."""
    return None if may_see(operator, conversation) else current(session, operator, conversation)


def openers(session: Session, conversation_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Who has which of these conversations open now by a reason, as operators' ids."""
    query = select(Opening.conversation_id, Opening.operator_id).where(
        Opening.conversation_id.in_(conversation_ids), Opening.until > now()
    )
    found: dict[int, set[int]] = {}
    for conversation_id, operator_id in session.execute(query):
        found.setdefault(conversation_id, set()).add(operator_id)
    return {number: frozenset(ids) for number, ids in found.items()}


def newest(session: Session, limit: int = 200) -> list[Opening]:
    """The last openings, for supervisors; those that nobody looked at first."""
    query = select(Opening).order_by(Opening.reviewed_at.isnot(None), Opening.id.desc()).limit(limit)
    return list(session.scalars(query))


def review(session: Session, opening_id: int, supervisor: Operator) -> Opening:
    """Notes that a supervisor looked at the opening. Raises LookupError, and ValueError for one's own."""
    opening = session.get(Opening, opening_id)
    if opening is None:
        raise LookupError
    if opening.operator_id == supervisor.id:
        raise ValueError("one's own")
    if opening.reviewed_at is None:
        opening.reviewed_at, opening.reviewer_id = now(), supervisor.id
        audit.record(session, supervisor, "opening_reviewed", f"opening:{opening_id}")
    return opening
