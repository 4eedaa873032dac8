"""Plain words for the conversation's page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from flask import g

from bot import facts
from bot.safe_contact import Concern, Danger
from console.language import gettext as _
from console.meanings import meaning


def topic(name: str) -> str:
    """What a conversation was about."""
    return _("something else") if name == "other" else meaning(name)


def purpose(name: str) -> str:
    """What a person agreed to."""
    words = {
        "keep_needs": _("keep needs"),
        "share": _("share with a service"),
        "contact_later": _("write later"),
        "learn": _("learn from messages"),
    }
    return words.get(name, name)


def basis(name: str) -> str:
    """On what ground a consent stands that the person didn't give themselves."""
    words = {"adult": _("an adult answered for a child"), "emergency": _("emergency, a life in danger")}
    return words.get(name, name)


def referral_state(name: str) -> str:
    """How far a referral to a partner is."""
    words = {
        "sent": _("sent to the service"),
        "accepted": _("accepted"),
        "first_contact": _("first contact made"),
        "done": _("help was given"),
        "declined": _("declined"),
        "no_answer": _("no answer from the service"),
        "withdrawn": _("withdrawn by the person"),
    }
    return words.get(name, name)


def call_state(name: str) -> str:
    """What became of a promised call."""
    words = {
        "due": _("to be made"),
        "done": _("reached"),
        "no_answer": _("not reached"),
        "cancelled": _("not wanted any more"),
    }
    return words.get(name, name)


def concern(found: Concern) -> str:
    """Why a message may put the person in danger, and what to think of."""
    words = {
        Danger.NOT_SAFE: _("The person said that it isn't safe to text here."),
        Danger.COVERED: _("The code word was used: somebody else may hold the phone."),
        Danger.QUIET_HOURS: _("The person asked not to be written to at this hour."),
        Danger.WORDS: _("Words that give the person away on a shared phone: %s") % ", ".join(found.words),
    }
    return words[found.danger]


def token(text: str, concerns: Sequence[Concern]) -> str:
    """What confirms exactly this text with exactly these concerns."""
    content = repr((text, [(str(found.danger), found.words) for found in concerns]))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def must_be_sure(concerns: Sequence[Concern]) -> bool:
    """Whether sending needs more than another press: where the phone itself isn't safe."""
    return any(found.danger in (Danger.NOT_SAFE, Danger.COVERED) for found in concerns)


def referral_choices() -> list[tuple[str, str]]:
    """Services by fact id that may be told today, with what they are."""
    chosen = [fact for fact in facts.facts().values() if fact.id.startswith("svc-")]
    names = {
        "svc-police-117": _("police"),
        "svc-ambulance-119": _("ambulance"),
        "svc-trafficking-1288": _("anti-trafficking police"),
        "svc-chc-1280": _("Child Helpline"),
        "svc-ossu": _("One-Stop Service Unit"),
        "svc-bakc-1281": _("legal aid of the Bar Association"),
        "svc-idpoor": _("IDPoor"),
        "svc-hef": _("Health Equity Fund"),
        "svc-fcc": _("Financial Consumer Center"),
        "svc-school": _("school"),
    }
    told = [fact.id for fact in chosen if fact.is_tellable(facts.today())]
    return [(fact_id, names[fact_id]) for fact_id in told if fact_id in names]


def form_name() -> str:
    """The language key of the page, for texts kept in km and en."""
    return "km" if g.language == "km" else "en"
