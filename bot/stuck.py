"""Messages that don't get on by themselves: finding them, trying again, giving them to a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot import audit, handoff
from bot.models import Contact, Conversation, Delivery, Direction, Message, Priority, State
from bot.models.columns import now
from bot.turn import open_conversation

LATE = timedelta(minutes=5)
_RECENT = timedelta(days=7)
REASON = "stuck"


class NotStuck(Exception):
    """The message is in a state in which this can't be done; the text says which and why."""


@dataclass(frozen=True)
class Stuck:
    """A message by its ids and times; never its text or address."""

    id: int
    direction: str
    channel: str
    state: str
    age_seconds: int
    attempts: int
    error: str | None
    conversation: int | None


def listed(session: Session) -> list[Stuck]:
    """What waits longer than LATE, was set aside, or failed to be sent within the last week."""
    late = now() - LATE
    waiting = and_(
        Message.state.in_([Delivery.RECEIVED, Delivery.QUEUED, Delivery.SENDING]), Message.created_at < late
    )
    ended = and_(
        Message.state.in_([Delivery.QUARANTINED, Delivery.FAILED]), Message.created_at > now() - _RECENT
    )
    query = select(Message).where(or_(waiting, ended)).order_by(Message.id)
    return [
        Stuck(
            message.id,
            str(message.direction),
            str(message.channel),
            str(message.state),
            int((now() - message.created_at).total_seconds()),
            message.attempts,
            message.error,
            message.conversation_id,
        )
        for message in session.scalars(query)
    ]


def retry(session: Session, message_id: int, even_if_sent: bool = False) -> None:
    """Has the message handled, or sent, once more. Raises NotStuck.

    One that may have arrived is sent again only with `even_if_sent`: a person could get it twice.
    """
    message = _get(session, message_id)
    if message.state not in (Delivery.QUARANTINED, Delivery.FAILED, Delivery.RECEIVED, Delivery.QUEUED):
        raise NotStuck(f"message {message_id} is {message.state}: nothing to try again")
    if message.error == "may_have_arrived" and not even_if_sent:
        raise NotStuck(f"message {message_id} may have arrived; --even-if-sent sends it all the same")
    incoming = message.direction == Direction.IN
    message.state = Delivery.RECEIVED if incoming else Delivery.QUEUED
    message.attempts = 0
    message.lease = message.lease_until = message.error = None
    message.next_attempt_at = now()
    audit.record(session, None, "message_retry", f"message:{message_id}")


def give_to_human(session: Session, message_id: int) -> int:
    """Puts the message's conversation into the human queue; the conversation's id. Raises NotStuck."""
    message = _get(session, message_id)
    if message.contact_id is None:
        raise NotStuck(f"message {message_id} is a page to an operator: there is no conversation")
    conversation = (
        session.get_one(Conversation, message.conversation_id, with_for_update=True)
        if message.conversation_id
        else None
    )
    if conversation is None or conversation.state == State.CLOSED:
        contact = session.get_one(Contact, message.contact_id, with_for_update=True)
        conversation = open_conversation(session, contact, lock=True)
    if conversation is None:
        conversation = Conversation(contact_id=message.contact_id, state=State.BOT, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
    if message.state == Delivery.RECEIVED:
        message.conversation_id = conversation.id
        message.state = Delivery.QUARANTINED
        message.lease = message.lease_until = None
    handoff.escalate(session, conversation, REASON, Priority.BOT_FAILED)
    audit.record(session, None, "message_to_human", f"message:{message_id}")
    return conversation.id


def _get(session: Session, message_id: int) -> Message:
    message = session.get(Message, message_id, with_for_update=True)
    if message is None:
        raise NotStuck(f"there is no message {message_id}")
    return message
