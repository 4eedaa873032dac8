"""What comes back to the queue by itself: calls that are due, and follow-ups on their day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import handoff
from bot.models import CallBack, CallState, Conversation, Priority, State, WrapUp
from bot.safe_contact import PHNOM_PENH
from bot.settings import Settings

CALL_BACK = "call_back"
FOLLOW_UP = "follow_up"
_AT_ONCE = 50


def bring_back(session: Session, settings: Settings, at: datetime) -> int:
    """Puts into the queue whatever is due at the time `at`, each once; returns how many."""
    return _calls(session, at) + _follow_ups(session, settings, at)


def _calls(session: Session, at: datetime) -> int:
    due = (
        select(CallBack)
        .where(CallBack.state == CallState.DUE, CallBack.due_at <= at, CallBack.reminded_at.is_(None))
        .order_by(CallBack.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, of=CallBack)
    )
    calls = list(session.scalars(due))
    for call in calls:
        call.reminded_at = at
        _return(session, call.conversation, CALL_BACK)
    return len(calls)


def _follow_ups(session: Session, settings: Settings, at: datetime) -> int:
    here = at.astimezone(PHNOM_PENH)
    if here.hour < settings.open_hours[0]:
        return 0
    due = (
        select(WrapUp)
        .where(WrapUp.followed_up_at.is_(None), WrapUp.follow_up_on <= here.date())
        .order_by(WrapUp.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, of=WrapUp)
    )
    wrap_ups = list(session.scalars(due))
    for wrap_up in wrap_ups:
        wrap_up.followed_up_at = at
        _return(session, wrap_up.conversation, FOLLOW_UP)
    return len(wrap_ups)


def _return(session: Session, before: Conversation, reason: str) -> None:
    """The person's open conversation enters the queue, or a new one for the same team."""
    query = select(Conversation).where(
        Conversation.contact_id == before.contact_id, Conversation.state != State.CLOSED
    )
    conversation = session.scalars(query.order_by(Conversation.id.desc()).limit(1).with_for_update()).first()
    if conversation is None:
        conversation = Conversation(
            contact_id=before.contact_id, state=State.BOT, not_understood=0, pages=0, team_id=before.team_id
        )
        session.add(conversation)
        session.flush()
    handoff.escalate(session, conversation, reason, Priority.ASKED_FOR_PERSON)
