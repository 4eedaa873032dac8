"""Asking, after an agreed time, whether help came; only where the person agreed to be written to."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import outbound
from bot.models import Contact, Conversation, FollowUp, Form, Need
from bot.models.columns import now
from bot.outbound import Held, Series
from bot.replies import Option
from bot.settings import Settings
from bot.words import say

ANSWERS = ("yes", "not_yet", "other")
MOST_UNANSWERED = 2
_AT_ONCE = 50


def schedule(session: Session, contact: Contact, conversation: Conversation, settings: Settings) -> FollowUp:
    """The next follow-up, after the set days; one that is due already is moved there."""
    due_at = now() + timedelta(days=settings.follow_up_days)
    query = select(FollowUp).where(FollowUp.contact_id == contact.id, FollowUp.state == "due")
    found = session.scalars(query.with_for_update()).first()
    if found is None:
        found = FollowUp(contact_id=contact.id)
        session.add(found)
    found.conversation_id, found.due_at = conversation.id, due_at
    session.flush()
    return found


def send_due(session: Session, settings: Settings) -> int:
    """Sends the follow-ups that are due and may go now; how many went."""
    due = (
        select(FollowUp)
        .where(FollowUp.state == "due", FollowUp.due_at <= now())
        .order_by(FollowUp.due_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return sum(_send(session, one, settings) for one in session.scalars(due))


def answered(
    session: Session, contact: Contact, conversation: Conversation, answer: str, settings: Settings
) -> None:
    """Keeps the answer; where help hasn't come, the question is put again after the set days."""
    if answer not in ANSWERS:
        raise ValueError(f"unknown answer {answer}")
    query = select(FollowUp).where(FollowUp.contact_id == contact.id, FollowUp.state == "sent")
    newest = session.scalars(query.order_by(FollowUp.id.desc())).first()
    if newest is None:
        return
    newest.state, newest.answer, newest.answered_at = "answered", answer, now()
    if answer == "yes":
        session.execute(
            update(Need).where(Need.contact_id == contact.id, Need.state == "open").values(state="met")
        )
    else:
        schedule(session, contact, conversation, settings)


def _send(session: Session, due: FollowUp, settings: Settings) -> int:
    contact = session.get_one(Contact, due.contact_id, with_for_update=True)
    _close_unanswered(session, contact)
    if _unanswered_in_a_row(session, contact) >= MOST_UNANSWERED:
        due.state = "dropped"  # two questions without an answer are enough
        return 0
    form = Form(contact.form)
    options = [
        Option(say("option_help_yes", form), "!help:yes"),
        Option(say("option_help_not_yet", form), "!help:not_yet"),
        Option(say("option_help_other", form), "!help:other"),
    ]
    words = [say("follow_up", form, {"brand": settings.brand})]
    sent = outbound.send(session, contact, Series.FOLLOW_UP, words, options, settings)
    if isinstance(sent, Held):
        if sent.again_at is None:
            due.state = "dropped"
        else:
            due.due_at = sent.again_at
        return 0
    due.state, due.sent_at, due.message_id = "sent", now(), sent.id
    due.conversation_id = sent.conversation_id or due.conversation_id
    # An answer moves this one; without an answer it is the second and last time.
    again = FollowUp(contact_id=contact.id, conversation_id=due.conversation_id)
    again.due_at = now() + timedelta(days=settings.follow_up_days)
    session.add(again)
    session.flush()
    return 1


def _close_unanswered(session: Session, contact: Contact) -> None:
    session.execute(
        update(FollowUp)
        .where(FollowUp.contact_id == contact.id, FollowUp.state == "sent")
        .values(state="unanswered")
    )


def _unanswered_in_a_row(session: Session, contact: Contact) -> int:
    query = select(FollowUp.state).where(
        FollowUp.contact_id == contact.id, FollowUp.state.in_(("answered", "unanswered"))
    )
    count = 0
    for state in session.scalars(query.order_by(FollowUp.id.desc())):
        if state == "answered":
            break
        count += 1
    return count
