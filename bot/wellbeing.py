"""Looking after operators: after several of the hardest conversations in a row a break is suggested.

Nothing is blocked: in an emergency with one operator on shift, they decide.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Escalation, Operator, Priority, Rest
from bot.models.columns import now
from bot.settings import Settings

_A_SHIFT = timedelta(hours=12)
_MOST = 50


def urgent_in_a_row(session: Session, operator_id: int) -> int:
    """How many conversations of priority 1 the operator took one after the other since their last
    break, within a shift's time."""
    rested = session.scalar(select(func.max(Rest.at)).where(Rest.operator_id == operator_id))
    since = now() - _A_SHIFT
    query = (
        select(Escalation.priority)
        .where(Escalation.operator_id == operator_id)
        .where(Escalation.claimed_at > (max(rested, since) if rested else since))
        .order_by(Escalation.claimed_at.desc())
        .limit(_MOST)
    )
    return len(list(takewhile(lambda p: p == Priority.IMMEDIATE_DANGER, session.scalars(query))))


def needs_break(session: Session, operator_id: int, settings: Settings) -> bool:
    """Whether a break is suggested to the operator now."""
    return urgent_in_a_row(session, operator_id) >= settings.urgent_in_a_row


def take_break(session: Session, operator: Operator, settings: Settings) -> Rest:
    """The operator rests from now on: not paged, and no conversation can be given to them."""
    rest = Rest(operator_id=operator.id, until=now() + timedelta(minutes=settings.break_minutes))
    session.add(rest)
    audit.record(session, operator, "break_start", f"operator:{operator.id}")
    return rest


def end_break(session: Session, operator: Operator) -> None:
    """The operator is back before the time."""
    at = now()
    for rest in session.scalars(select(Rest).where(Rest.operator_id == operator.id, Rest.until > at)):
        rest.until = at
    audit.record(session, operator, "break_end", f"operator:{operator.id}")


def resting(session: Session) -> set[int]:
    """The operators who rest now."""
    return set(session.scalars(select(Rest.operator_id).where(Rest.until > now())))
