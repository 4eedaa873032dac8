"""Plain words for what the helpline stores as short names."""

from __future__ import annotations

from typing import Any

from flask import Flask, g

from bot.models import Team
from console.language import gettext as _
from console.meanings import meaning


def install(app: Flask) -> None:
    """Makes those that every page needs known to the templates."""
    app.jinja_env.filters.update(role_name=role, team_name=team, form_name=language)


def role(name: str) -> str:
    """What an operator is there for."""
    words = {
        "operator": _("operator"),
        "supervisor": _("supervisor"),
        "manager": _("manager"),
        "auditor": _("auditor"),
        "administrator": _("administrator"),
    }
    return words.get(name, name)


def team(team: Team | None) -> str:
    """The team's name in the language of the page."""
    if team is None:
        return _("everybody")
    return team.name_km if g.get("language") == "km" else team.name_en


def priority(number: int | None) -> str:
    words = {
        1: _("immediate danger"),
        2: _("sensitive"),
        3: _("asked for a person"),
        4: _("the bot couldn't help"),
    }
    return words.get(number or 4, "")


def reason(name: str | None) -> str:
    """Why a conversation is in the queue."""
    words = {
        "gbv": _("violence or abuse"),
        "distress": _("distress"),
        "trafficking": _("held or exploited"),
        "child_protection": _("a child in danger"),
        "medical_emergency": _("medical emergency"),
        "asked_for_person": _("asked for a person"),
        "asked_for_call": _("asked for a call"),
        "asked_for_woman": _("asked to talk with a woman"),
        "child_alone": _("seems under 15 and alone"),
        "follow_up_not_yet": _("help hasn't come yet"),
        "brain_unavailable": _("the bot was out of order"),
        "bot_failed": _("the bot failed on a message"),
        "not_understood": _("not understood twice"),
        "too_many_messages": _("very many messages in an hour"),
        "restored": _("the data was restored; it may have been answered"),
        "stuck": _("an administrator gave it to people"),
        "daily_limit": _("the day's limit for automatic answers is reached"),
        "not_delivered": _("a message was not delivered"),
        "referral_news": _("news of a referral"),
        "referral_question": _("partner asks for more"),
        "referral_declined": _("partner declined"),
        "referral_no_answer": _("partner didn't answer"),
        "code_word": _("the code word was used"),
        "call_back": _("a call is due"),
        "follow_up": _("a follow-up is due"),
        "transferred": _("given on to another team"),
        "passed_up": _("passed up to the supervisors"),
        "transfer_not_taken": _("the colleague it was given to didn't open it"),
        "operator_gone": _("the operator had left when the person wrote"),
    }
    return words.get(name or "", name or "")


def outcome(name: str) -> str:
    """How a conversation ended."""
    words = {
        "helped": _("helped"),
        "referred": _("referred to a service"),
        "no_answer": _("no answer from the person"),
        "not_for_us": _("not for us"),
        "test": _("a test"),
        "handed_back": _("handed back to the bot"),
        "transferred": _("given on to another team"),
        "passed_up": _("passed up to the supervisors"),
    }
    return words.get(name, name)


def delivery(state: str, error: str | None) -> str:
    """What became of a message that we sent."""
    if state == "failed":
        return _("failed: %s") % _failure(error or "")
    words = {
        "queued": _("waiting to be sent"),
        "sending": _("being sent"),
        "sent": _("sent"),
        "delivered": _("delivered"),
    }
    return words.get(state, "")


def _failure(error: str) -> str:
    words = {
        "may_have_arrived": _("the answer got lost; it may have arrived"),
        "provider_403": _("the person blocked the bot"),
        "provider_21610": _("the person texted STOP"),
        "undelivered": _("the network couldn't deliver it"),
        "country_not_listed": _("the bot doesn't write to this country; you can"),
        "no_account": _("this channel isn't set up"),
        "no_connection": _("the provider can't be reached"),
        "rate_limited": _("the provider asked to slow down"),
    }
    return words.get(error, error)


def language(form: str) -> str:
    """The form in which a person writes."""
    words = {"km": _("Khmer"), "km_Latn": _("Khmer in Latin letters"), "en": _("English")}
    return words.get(form, form)


def waited(seconds: int) -> str:
    """How long a conversation has waited; the page's clock goes on from here in the same words."""
    hours, minutes = divmod(seconds // 60, 60)
    words = _("{h} h {m} min") if hours else _("{m} min")
    return words.format(h=hours, m=minutes)


def kind(name: str) -> str:
    """What a message is, where it isn't plain text."""
    words = {
        "button": _("pressed a button"),
        "edited": _("edited message"),
        "photo": _("picture"),
        "sticker": _("sticker"),
        "voice": _("voice message"),
        "video": _("video"),
        "location": _("place"),
        "contact": _("contact card"),
        "file": _("file"),
    }
    return words.get(name, "")


def understood(note: dict[str, Any] | None) -> str:
    """What the bot took a message for, in one line."""
    if not note:
        return ""
    parts = []
    if note.get("intent"):
        parts.append(_("understood as %s") % meaning(str(note["intent"])))
    if note.get("reason") and note["reason"] != note.get("intent"):
        parts.append(reason(str(note["reason"])))
    evidence = note.get("evidence") or {}
    if evidence.get("patterns"):
        parts.append(_("found by patterns"))
    if evidence.get("danger"):
        parts.append(_("danger %d %%") % round(100 * float(evidence["danger"])))
    return " · ".join(dict.fromkeys(parts))
