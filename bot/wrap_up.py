"""The wrap-up: how a conversation ended, what it was about, what was done, and when to ask again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import drafts, facts, handoff, intents, protocols
from bot.models import Conversation, Operator, WrapUp

TOPICS = (*intents.SENSITIVE, *intents.TOPICS, "other")
LONGEST_NOTE = 1_500
_FARTHEST_DAYS = 366


@dataclass(frozen=True)
class Ending:
    """What an operator says about a conversation's end."""

    outcome: str
    topics: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()
    note: str = ""
    follow_up_on: date | None = None


class Incomplete(Exception):
    """Something lacks: `what` is outcome, topics, date, referrals or steps."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def close(session: Session, conversation_id: int, operator: Operator, ending: Ending) -> Conversation:
    """Keeps the wrap-up and closes the conversation. Raises Incomplete or handoff.NotYours.

    A sensitive conversation needs its topics, and every mandatory step ticked or the reason in the
    note; "referred" needs whom to.
    """
    conversation = handoff.require_owner(session, conversation_id, operator)
    _check(session, conversation, ending)
    kept = of(session, conversation)
    if kept is None:
        kept = WrapUp(conversation_id=conversation.id, operator_id=operator.id)
        session.add(kept)
    kept.operator_id = operator.id
    kept.outcome = ending.outcome
    kept.topics = list(ending.topics)
    kept.referrals = list(ending.referrals)
    kept.note = ending.note or None
    kept.follow_up_on = ending.follow_up_on
    kept.followed_up_at = None
    session.flush()
    drafts.drop(session, conversation)
    return handoff.close(session, conversation_id, operator, ending.outcome)


def of(session: Session, conversation: Conversation) -> WrapUp | None:
    """The conversation's wrap-up, None before it was closed."""
    return session.scalars(select(WrapUp).where(WrapUp.conversation_id == conversation.id)).first()


def _check(session: Session, conversation: Conversation, ending: Ending) -> None:
    if ending.outcome not in handoff.OUTCOMES:
        raise Incomplete("outcome")
    if any(topic not in TOPICS for topic in ending.topics):
        raise Incomplete("topics")
    if ending.follow_up_on is not None:
        days = (ending.follow_up_on - facts.today()).days
        if not 0 < days <= _FARTHEST_DAYS:
            raise Incomplete("date")
    if ending.outcome == "referred" and not ending.referrals:
        raise Incomplete("referrals")
    if handoff.is_sensitive(session, conversation) and ending.outcome != "test":
        if not ending.topics:
            raise Incomplete("topics")
        if not ending.note and protocols.undone(session, conversation):
            raise Incomplete("steps")
