"""Calls that were promised to people: when they are due, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import CallBack, CallState, Conversation, Operator
from bot.models.columns import now
from bot.teams import seen_by

_MOST_ENDED = 20


def schedule(
    session: Session,
    operator: Operator,
    conversation: Conversation,
    due_at: datetime,
    number: str = "",
    note: str = "",
) -> CallBack:
    """Promises a call at `due_at`. Raises ValueError for a time that has passed."""
    if due_at <= now():
        raise ValueError("the time has passed")
    call = CallBack(
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        operator_id=operator.id,
        due_at=due_at,
        number=number or None,
        note=note or None,
    )
    session.add(call)
    session.flush()
    audit.record(session, operator, "call_back_plan", f"call_back:{call.id}")
    return call


def done(session: Session, operator: Operator, call: CallBack) -> None:
    """The person was reached."""
    _end(session, operator, call, CallState.DONE)


def cancel(session: Session, operator: Operator, call: CallBack) -> None:
    """The call isn't wanted any more."""
    _end(session, operator, call, CallState.CANCELLED)


def no_answer(session: Session, operator: Operator, call: CallBack, again_at: datetime | None) -> None:
    """Nobody answered: another try at `again_at`, or none. Raises ValueError for a time that has passed."""
    if again_at is None:
        call.tries += 1
        _end(session, operator, call, CallState.NO_ANSWER)
        return
    if again_at <= now():
        raise ValueError("the time has passed")
    call.tries += 1
    call.due_at = again_at
    call.reminded_at = None
    audit.record(session, operator, "call_back_no_answer", f"call_back:{call.id}", "again later")


def open_ones(session: Session, operator: Operator) -> list[CallBack]:
    """Calls still to be made in conversations that the operator sees, the longest due first."""
    query = select(CallBack).join(Conversation).where(seen_by(operator), CallBack.state == CallState.DUE)
    return list(session.scalars(query.order_by(CallBack.due_at)))


def ended(session: Session, operator: Operator) -> list[CallBack]:
    """Calls that ended lately, the newest first."""
    query = select(CallBack).join(Conversation).where(seen_by(operator), CallBack.state != CallState.DUE)
    return list(session.scalars(query.order_by(CallBack.ended_at.desc()).limit(_MOST_ENDED)))


def count_overdue(session: Session, operator: Operator) -> int:
    """How many calls should have been made by now."""
    query = select(func.count(CallBack.id)).join(Conversation).where(seen_by(operator))
    return session.scalar(query.where(CallBack.state == CallState.DUE, CallBack.due_at <= now())) or 0


def of(session: Session, conversation: Conversation) -> list[CallBack]:
    """The conversation's contact's calls still to be made."""
    query = select(CallBack).where(CallBack.contact_id == conversation.contact_id)
    return list(session.scalars(query.where(CallBack.state == CallState.DUE).order_by(CallBack.due_at)))


def _end(session: Session, operator: Operator, call: CallBack, state: CallState) -> None:
    call.state = state
    call.ended_at = now()
    audit.record(session, operator, f"call_back_{state}"[:32], f"call_back:{call.id}")
