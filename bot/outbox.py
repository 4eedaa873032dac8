"""Messages going out: queued in the turn's own transaction; receipts that come back for them.

Sending itself is bot/sender.py.
"""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import handoff, segments
from bot.models import (
    Author,
    Channel,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Form,
    Message,
    Operator,
    Priority,
    State,
)
from bot.models.columns import now
from bot.replies import Reply, compose

_LADDER = {
    Delivery.QUEUED: 0,
    Delivery.SENDING: 1,
    Delivery.SENT: 2,
    Delivery.DELIVERED: 3,
    Delivery.FAILED: 3,
}
PARTNER_MESSAGE = "partner"
_RECEIPTS = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}


class CannotSend(Exception):
    """The person ended messages from us. `reason` is `stopped` or `blocked`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def queue_reply(
    session: Session,
    contact: Contact,
    conversation: Conversation,
    reply: Reply,
    form: Form,
    to: Message | None,
) -> Message:
    """Queues the bot's `reply` and remembers its options for the person's next number."""
    conversation.options = [option.as_json() for option in reply.options]
    conversation.more = list(reply.more)
    message = _outgoing(contact, conversation, reply.text, Author.BOT, form)
    message.options = conversation.options if contact.channel == Channel.TELEGRAM else None
    message.reply_to_id = to.id if to else None
    message.address = contact.address
    session.add(message)
    session.flush()
    return message


def queue_notice(
    session: Session,
    conversation: Conversation,
    words: list[str],
    *,
    to: Message | None = None,
    with_person: bool = False,
    kind: str = "text",
) -> Message:
    """Queues sentences that answer no turn, in the person's form; `with_person` offers a person too.
    `kind` is what the message is counted as (bot/limits.py)."""
    contact = conversation.contact
    form = Form(contact.form)
    reply = compose(words, [], form, contact.channel, with_person=with_person)
    message = queue_reply(session, contact, conversation, reply, form, to)
    message.kind = kind
    return message


def queue_operator_message(
    session: Session, conversation: Conversation, operator: Operator, text: str
) -> Message:
    """Queues what an operator wrote. Raises CannotSend where the person has ended messages."""
    contact = conversation.contact
    if contact.stopped_at or contact.blocked_at:
        raise CannotSend("blocked" if contact.blocked_at else "stopped")
    message = _outgoing(contact, conversation, text, Author.OPERATOR, contact.form)
    message.operator_id = operator.id
    conversation.last_message_at = now()
    session.add(message)
    session.flush()
    return message


def resend(session: Session, message: Message, operator: Operator) -> Message | None:
    """Queues a failed message once more, None where that was done before. Raises CannotSend.

    The row that is sent again is locked and named by the new one, uniquely: two operators, two clicks
    or two hosts make one message.
    """
    failed = session.get_one(Message, message.id, with_for_update=True)
    if failed.state != Delivery.FAILED or failed.conversation is None or failed.contact is None:
        raise ValueError("only a failed message is sent again")
    again = select(Message).where(Message.resend_of_id == failed.id)
    if session.scalars(again).first() is not None:
        return None
    contact = failed.contact
    if contact.stopped_at or contact.blocked_at:
        raise CannotSend("blocked" if contact.blocked_at else "stopped")
    copy = _outgoing(contact, failed.conversation, failed.body, failed.author, failed.form or contact.form)
    copy.operator_id = operator.id
    copy.options = failed.options
    copy.resend_of_id = failed.id
    failed.conversation.last_message_at = now()
    session.add(copy)
    session.flush()
    return copy


def queue_page(session: Session, operator: Operator, text: str) -> None:
    """Queues a page to an operator's own phone; it carries nothing about anyone."""
    if operator.pager_channel and operator.pager_address:
        session.add(
            Message(
                direction=Direction.OUT,
                channel=operator.pager_channel,
                author=Author.BOT,
                kind="page",
                body=text,
                address=operator.pager_address,
                state=Delivery.QUEUED,
                segments=segments.count(text),
                position=time.time_ns() // 1_000,
            )
        )


def queue_partner_message(
    session: Session, address: str, text: str, channel: Channel = Channel.SMS
) -> Message:
    """Queues a text to a partner organisation's own number or mailbox; it carries nothing about anyone."""
    message = Message(
        direction=Direction.OUT,
        channel=channel,
        author=Author.BOT,
        kind=PARTNER_MESSAGE,
        body=text,
        address=address,
        state=Delivery.QUEUED,
        segments=segments.count(text) if channel == Channel.SMS else 1,
        position=time.time_ns() // 1_000_000,
    )
    session.add(message)
    session.flush()
    return message


def _outgoing(contact: Contact, conversation: Conversation, text: str, author: Author, form: Form) -> Message:
    return Message(
        contact_id=contact.id,
        conversation_id=conversation.id,
        direction=Direction.OUT,
        channel=contact.channel,
        author=author,
        body=text,
        address=contact.address,
        form=form,
        segments=segments.count(text) if contact.channel == Channel.SMS else 1,
        state=Delivery.QUEUED,
        position=time.time_ns() // 1_000,
    )


def note_status(session: Session, provider_id: str, status: str, error: str, message_id: int | None) -> bool:
    """Climbs the ladder on a provider's receipt; True where it changed anything.

    The ladder has no way down: a late or repeated receipt changes nothing. `message_id` finds a
    message whose sending was cut off before its provider id was kept.
    """
    reached = _RECEIPTS.get(status)
    query = select(Message).where(Message.direction == Direction.OUT, Message.channel == Channel.SMS)
    message = session.scalars(query.where(Message.provider_id == provider_id).with_for_update()).first()
    if message is None and message_id is not None:
        unclaimed = query.where(Message.id == message_id, Message.provider_id.is_(None))
        message = session.scalars(unclaimed.with_for_update()).first()
    if message is None or reached is None:
        return False
    if message.provider_id is None:
        message.provider_id = provider_id
    if _LADDER[reached] <= _LADDER[message.state]:
        return False
    message.state = reached
    message.lease = message.lease_until = None
    message.sent_at = message.sent_at or now()
    if reached is Delivery.FAILED:
        fail(session, message, f"provider_{error}" if error else "undelivered")
    return True


def fail(session: Session, message: Message, error: str) -> None:
    """Gives `message` up to a human: its conversation enters the queue."""
    message.state = Delivery.FAILED
    message.lease = message.lease_until = None
    message.error = error[:64]
    if message.conversation_id is not None:
        conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
        if conversation.state != State.CLOSED:
            handoff.escalate(session, conversation, "not_delivered", Priority.BOT_FAILED)
