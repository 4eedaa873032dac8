"""The human queue: a conversation is escalated, claimed by one operator, and given back or closed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit, events
from bot.models import Conversation, Escalation, Operator, Priority, State, Transfer, WrapUp
from bot.models.columns import now

OUTCOMES = ("helped", "referred", "no_answer", "not_for_us", "test")


class AlreadyClaimed(Exception):
    """Another operator has the conversation; `owner` is who."""

    def __init__(self, owner: Operator | None) -> None:
        super().__init__("claimed by another operator")
        self.owner = owner


class NotYours(Exception):
    """The operator doesn't have this conversation."""


class WrapUpMissing(Exception):
    """A sensitive conversation is closed with its wrap-up only (bot/wrap_up.py)."""


def is_sensitive(session: Session, conversation: Conversation) -> bool:
    """Whether anything sensitive ever brought the conversation to a person."""
    query = select(Escalation.id).where(
        Escalation.conversation_id == conversation.id, Escalation.priority <= Priority.SENSITIVE
    )
    return session.scalars(query.limit(1)).first() is not None


def escalate(
    session: Session,
    conversation: Conversation,
    reason: str,
    priority: int,
    evidence: dict[str, Any] | None = None,
) -> bool:
    """Puts the conversation into the queue, or raises the urgency of one that is there.

    True where it newly entered the queue, so that the person is told once.
    """
    new = conversation.state not in (State.WAITING, State.WITH_OPERATOR)
    more_urgent = conversation.priority is None or priority < conversation.priority
    if new:
        conversation.state = State.WAITING
        conversation.waiting_since = conversation.queued_at = now()
        conversation.for_supervisor = False
        conversation.operator_id = None
        conversation.still_waiting_told_at = None
    if new or more_urgent:
        conversation.priority = int(priority)
        conversation.reason = reason
        conversation.pages = 0
        conversation.paged_at = None
        session.add(
            Escalation(
                conversation_id=conversation.id, priority=int(priority), reason=reason, evidence=evidence
            )
        )
    return new


def claim(session: Session, conversation_id: int, operator: Operator, by_right_of: str = "") -> Conversation:
    """Gives the waiting conversation to `operator`. Raises AlreadyClaimed for all but one of several.

    `by_right_of` names for the audit what let them see it, where their teams didn't.
    """
    won = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.state == State.WAITING)
        .values(state=State.WITH_OPERATOR, operator_id=operator.id, claimed_at=now(), for_supervisor=False)
        .execution_options(synchronize_session=False)
    )
    conversation = session.get_one(Conversation, conversation_id, populate_existing=True)
    if not getattr(won, "rowcount", 0):
        if conversation.operator_id == operator.id and conversation.state == State.WITH_OPERATOR:
            return conversation
        owner = session.get(Operator, conversation.operator_id) if conversation.operator_id else None
        raise AlreadyClaimed(owner)
    session.execute(
        update(Escalation)
        .where(Escalation.conversation_id == conversation_id, Escalation.claimed_at.is_(None))
        .values(claimed_at=now(), operator_id=operator.id)
    )
    session.execute(
        update(Transfer)
        .where(Transfer.conversation_id == conversation_id, Transfer.taken_at.is_(None))
        .values(taken_at=now())
    )
    events.publish(session, events.Kind.QUEUE, conversation_id)
    audit.record(session, operator, "claim", f"conversation:{conversation_id}", by_right_of)
    return conversation


def require_owner(session: Session, conversation_id: int, operator: Operator) -> Conversation:
    """The conversation, where `operator` has it. Raises NotYours."""
    conversation = session.scalars(
        select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    ).first()
    if (
        conversation is None
        or conversation.state != State.WITH_OPERATOR
        or conversation.operator_id != operator.id
    ):
        raise NotYours
    return conversation


def close(session: Session, conversation_id: int, operator: Operator, outcome: str) -> Conversation:
    """Ends the conversation with one of OUTCOMES. A later message opens a new one.

    Raises NotYours, or WrapUpMissing for a sensitive one without its wrap-up.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"unknown outcome {outcome}")
    conversation = require_owner(session, conversation_id, operator)
    wrapped_up = select(WrapUp.id).where(WrapUp.conversation_id == conversation_id)
    if is_sensitive(session, conversation) and session.scalars(wrapped_up).first() is None:
        raise WrapUpMissing
    conversation.state = State.CLOSED
    conversation.closed_at = now()
    conversation.outcome = outcome
    _end_escalations(session, conversation, outcome)
    audit.record(session, operator, "close", f"conversation:{conversation_id}", outcome)
    return conversation


def hand_back(session: Session, conversation_id: int, operator: Operator) -> Conversation:
    """Gives the conversation back to the bot. Raises NotYours."""
    conversation = require_owner(session, conversation_id, operator)
    conversation.state = State.BOT
    conversation.priority = None
    conversation.reason = None
    conversation.waiting_since = None
    conversation.operator_id = None
    conversation.not_understood = 0
    conversation.brain_events = None
    conversation.options = None
    _end_escalations(session, conversation, "handed_back")
    audit.record(session, operator, "hand_back", f"conversation:{conversation_id}")
    return conversation


def _end_escalations(session: Session, conversation: Conversation, outcome: str) -> None:
    session.execute(
        update(Escalation)
        .where(Escalation.conversation_id == conversation.id, Escalation.ended_at.is_(None))
        .values(ended_at=now(), outcome=outcome)
    )
