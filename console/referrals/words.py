"""Plain words for referrals."""

from __future__ import annotations

from bot.models import Referral, ReferralState
from bot.models.columns import now
from bot.places import provinces
from bot.referrals.sweep import GIVE_UP_AFTER
from console import labels
from console.directory.words import form, need
from console.language import gettext as _


def step(what: str) -> str:
    names = {
        "sent": _("sent to the partner"),
        "accepted": _("accepted"),
        "first_contact": _("first contact made"),
        "done": _("done"),
        "declined": _("declined"),
        "no_answer": _("no answer"),
        "withdrawn": _("taken back"),
        "link_sent": _("link sent"),
        "opened": _("opened by the partner"),
        "asked_more": _("the partner asks"),
        "answered": _("answered"),
        "reminded": _("partner reminded"),
        "escalated": _("given to a manager"),
        "code_read_out": _("code read out"),
    }
    return names.get(what, what)


def actor(name: str, names: dict[int, str]) -> str:
    who, _colon, number = name.partition(":")
    if who == "operator" and number.isdecimal():
        return names.get(int(number), "")
    return {"bot": _("the bot"), "partner": _("the partner"), "system": _("the system")}.get(who, who)


def told(event_told: bool | None) -> str:
    """Whether the person was told of a step."""
    if event_told is None:
        return ""
    return _("person told") if event_told else _("person not told yet")


def field(name: str) -> str:
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
    if name == "province" and code in provinces():
        return provinces()[code].name(form())
    if name == "need":
        return need(code)
    return labels.language(code) if name == "language" else code


def reason(code: str | None) -> str:
    """Why a partner declined."""
    names = {
        "full": _("full at the moment"),
        "not_eligible": _("not eligible there"),
        "wrong_area": _("outside their area"),
        "not_reached": _("could not reach the person"),
        "other": _("another reason"),
    }
    return names.get(code or "", "")


def is_late(referral: Referral) -> bool:
    """Whether the partner should have taken a step by now."""
    limit = GIVE_UP_AFTER.get(ReferralState(referral.state))
    overdue = limit is not None and now() - referral.state_at > limit
    return overdue or referral.state == ReferralState.NO_ANSWER
