"""The sentences of a hand-off: short, warm and neutral, with a way to emergency help."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.facts import value
from bot.models import Form
from bot.replies import PERSON_KEY
from bot.settings import Settings
from bot.words import say

REASONS = {
    "sensitive": "escalated_sensitive",
    "asked_for_person": "escalated_person",
    "follow_up_not_yet": "escalated_not_yet",
    "asked_for_call": "escalated_call",
    "brain_unavailable": "escalated_trouble",
    "not_understood": "escalated_not_understood",
    "too_many_messages": "escalated_too_many",
}


def is_open(settings: Settings, at: datetime | None = None) -> bool:
    """Whether the helpline's people work at this time (hours of Phnom Penh, UTC+7)."""
    first, last = settings.open_hours
    return first <= ((at or datetime.now(UTC)) + timedelta(hours=7)).hour < last


def escalated(reason: str, form: Form, settings: Settings) -> str:
    """What the person is told when the conversation enters the queue: one part, as none of it may
    wait for MORE."""
    parts = [say(REASONS[reason], form)]
    if reason == "sensitive" or is_open(settings):
        parts.append(say("answer_within", form, {"minutes": settings.answer_minutes}))
    else:
        parts.append(say("answer_from", form, {"hour": settings.open_hours[0]}))
    if reason == "sensitive":
        parts += [emergency(form), say("ask_safe_to_text", form)]
    elif reason in ("brain_unavailable", "too_many_messages"):
        parts.append(emergency(form))
    return " ".join(parts)


def day_spent(form: Form) -> str:
    """What a person is told when the day's messages are used up: short, as it comes out of a reserve."""
    return say("day_spent", form, {"police": value("svc-police-117.phone")})


def abroad(form: Form) -> str:
    """The one reply to danger from a country that isn't listed; our emergency numbers don't hold there."""
    return say("escalated_abroad", form)


def still_waiting(form: Form) -> list[str]:
    """What a person who has waited too long is told, once."""
    return [say("still_waiting", form), emergency(form)]


def emergency(form: Form) -> str:
    """The emergency numbers, from the facts."""
    return say(
        "emergency",
        form,
        {"police": value("svc-police-117.phone"), "ambulance": value("svc-ambulance-119.phone")},
    )


HAND_BACK_REASONS = ("answered", "no_answer", "bot_knows")


def handed_back(reason: str, form: Form, settings: Settings) -> list[str]:
    """What the person is told when the bot answers again; first why, where `reason` says it."""
    why = {
        "answered": say("handed_back_answered", form),
        "no_answer": say("handed_back_no_answer", form),
        "bot_knows": say("handed_back_bot_knows", form),
    }
    words = say("handed_back", form, {"brand": settings.brand, "person": PERSON_KEY})
    return [why[reason], words] if reason in why else [words]
