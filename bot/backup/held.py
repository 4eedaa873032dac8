"""After a restore nothing old is sent by itself: it may have been answered after the backup was made."""

from __future__ import annotations

from sqlalchemy import select

from bot import audit, handoff, outbox, reconcile
from bot.database import Database
from bot.models import Contact, Conversation, Delivery, Direction, Message, Priority, State
from bot.turn import open_conversation

REASON = "restored"


def hold(database: Database) -> int:
    """Gives everything that was under way to people; how many messages that was."""
    with database.transaction() as session:
        going = select(Message).where(Message.state.in_([Delivery.QUEUED, Delivery.SENDING]))
        sending = list(session.scalars(going.where(Message.direction == Direction.OUT)))
        for message in sending:
            outbox.fail(session, message, "may_have_arrived")
        came = select(Message).where(Message.state == Delivery.RECEIVED, Message.direction == Direction.IN)
        unread = list(session.scalars(came.order_by(Message.id)))
        for message in unread:
            contact = session.get_one(Contact, message.contact_id)
            conversation = open_conversation(session, contact)
            if conversation is None:
                conversation = Conversation(contact_id=contact.id, state=State.BOT, not_understood=0, pages=0)
                session.add(conversation)
                session.flush()
            message.conversation_id = conversation.id
            message.state = Delivery.QUARANTINED
            message.lease = message.lease_until = None
            handoff.escalate(session, conversation, REASON, Priority.BOT_FAILED)
        audit.record(session, None, "restore", "database", f"held={len(sending) + len(unread)}")
    reconcile.forget_place(database)
    return len(sending) + len(unread)
