"""The brain's state before a turn: what the last turn left, with what the records say now."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from bot import consent
from bot.brain import Events
from bot.models import Contact, Conversation, Profile
from bot.models.columns import now
from bot.needs import interview

# A form that was left open this long ago is not gone on with by itself.
_FORGET_DIALOGUE_AFTER = timedelta(hours=24)
_LISTENING = {"event": "action", "name": "action_listen"}


def state_before(session: Session, contact: Contact, conversation: Conversation) -> Events:
    """The events for the next turn of `conversation`."""
    events = list(conversation.brain_events or [])
    if now() - conversation.last_message_at > _FORGET_DIALOGUE_AFTER:
        events = interview.paused(events)
    # What holds is the record, which may have been withdrawn since.
    events = [event for event in events if event.get("name") != "consent"]
    answer = _consent(session, contact, interview.is_on(events))
    if answer is not None:
        events.insert(0, {"event": "slot", "name": "consent", "value": answer})
    place = _place(session, contact, events) if answer else None
    if place is not None:
        events.insert(0, {"event": "slot", "name": "need_province", "value": place})
    if events and _LISTENING not in events:
        events.append(_LISTENING)  # without it the brain would go on from nowhere
    return events


def _place(session: Session, contact: Contact, events: Events) -> str | None:
    """Where the person lives, as they told us before: it isn't asked again for each need. The interview
    asks for it anew."""
    if interview.is_on(events) or interview.is_left(events) or interview.slots(events).get("need_province"):
        return None
    profile = session.get(Profile, contact.id)
    return profile.province if profile is not None else None


def _consent(session: Session, contact: Contact, in_interview: bool) -> bool | None:
    """The answer that makes the question needless; None where it may be asked.

    Who begins the interview of their own accord is asked at its end, whatever they said before.
    """
    if consent.is_given(session, contact, consent.KEEP_NEEDS):
        return True
    if contact.seems_child or not (in_interview or consent.may_ask(session, contact, consent.KEEP_NEEDS)):
        return False
    return None
