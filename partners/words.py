"""Plain words for codes on a partner's page, in its language."""

from __future__ import annotations

from flask import g

from bot.models import Form
from bot.places import provinces
from bot.words import say
from partners.language import gettext as _


def form() -> Form:
    """The page's language as a form of the helpline's own sentences."""
    return Form.KHMER if g.language == "km" else Form.ENGLISH


def field(name: str) -> str:
    """A shared field's name."""
    names = {
        "phone": _("Phone number"),
        "province": _("Province"),
        "need": _("What is needed"),
        "language": _("Writes in"),
        "name": _("Name"),
        "when": _("When to call"),
        "note": _("Note"),
    }
    return names.get(name, name)


def value(name: str, code: str) -> str:
    """A shared field's value."""
    if name == "province" and code in provinces():
        return provinces()[code].name(form())
    if name == "need":
        return say(f"needing_{code}", form())
    if name == "language":
        return {"km": _("Khmer"), "km_Latn": _("Khmer in Latin letters"), "en": _("English")}.get(code, code)
    return code


def step(what: str) -> str:
    """A step of a referral."""
    names = {
        "sent": _("sent to you"),
        "accepted": _("accepted"),
        "first_contact": _("first contact made"),
        "done": _("done"),
        "declined": _("declined"),
        "no_answer": _("not answered in time"),
        "asked_more": _("you asked"),
        "answered": _("the helpline answered"),
        "opened": _("opened"),
    }
    return names.get(what, "")


def decline(reason: str) -> str:
    names = {
        "full": _("We are full at the moment"),
        "not_eligible": _("The person isn't eligible with us"),
        "wrong_area": _("Outside our area"),
        "not_reached": _("We could not reach the person"),
        "other": _("Another reason"),
    }
    return names.get(reason, reason)


def why(name: str) -> str:
    """What is wrong with a field of a form."""
    names = {
        "missing": _("Please fill this in."),
        "too_long": _("This is too long."),
        "not_latin": _("Please write this in Latin letters."),
        "unknown_code": _("Please choose one."),
        "not_a_date": _("Please give a date like 2026-11-30."),
        "not_a_number": _("Please give a whole number."),
        "too_high": _("This is too high or too far away."),
        "not_a_phone": _("Please give a phone number."),
        "in_the_past": _("This day is past."),
        "needs_wage": _("Please say the pay, in riel or in dollars."),
        "hidden_character": _("This holds characters that can't be seen. Please type it anew."),
    }
    return names.get(name, _("Please check this."))
