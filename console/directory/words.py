"""Plain words for directory entries."""

from __future__ import annotations

from flask import g

from bot.directory.search import is_tellable
from bot.facts import today
from bot.models import Form, Service
from bot.places import provinces
from bot.words import say
from console.language import gettext as _


def form() -> Form:
    """The console's language as a form of the helpline's own sentences."""
    return Form.KHMER if g.language == "km" else Form.ENGLISH


def need(code: str) -> str:
    return say(f"needing_{code}", form())


def places(service: Service) -> str:
    if not service.provinces:
        return _("the whole country")
    return ", ".join(provinces()[code].name(form()) for code in service.provinces)


def state(service: Service) -> str:
    """Whether people are told of the entry, and if not, why."""
    if not service.active:
        return _("switched off")
    if service.sensitive:
        return _("sensitive: by an operator only")
    if not service.published:
        return _("not published")
    if is_tellable(service):
        return _("told to people")
    if service.review_due and service.review_due <= today():
        return _("review is due")
    return _("to be confirmed")


def field(name: str) -> str:
    """The label of a field of the form."""
    names = {
        "key": _("Key"),
        "organisation_key": _("Organisation's key"),
        "organisation_km": _("Organisation in Khmer"),
        "organisation_km_Latn": _("Organisation in Latin letters"),
        "organisation_en": _("Organisation in English"),
        "website": _("Website"),
        "kind": _("Kind"),
        "name_km": _("Name in Khmer"),
        "name_km_Latn": _("Name in Latin letters"),
        "name_en": _("Name in English"),
        "place_km": _("Place in Khmer"),
        "place_km_Latn": _("Place in Latin letters"),
        "place_en": _("Place in English"),
        "needs": _("Needs"),
        "provinces": _("Provinces (none: the whole country)"),
        "eligibility": _("For whom"),
        "languages": _("Languages"),
        "cost": _("Cost"),
        "hours": _("Hours (like Mo-Fr 07:30-17:00, or 24/7)"),
        "phone": _("Phone number"),
        "phone_fact": _("or a fact that holds the number"),
        "referral_method": _("Takes referrals by"),
        "referral_address": _("Number or e-mail for referrals (never told)"),
        "referral_language": _("Partner's language"),
        "capacity": _("Capacity"),
        "sensitive": _("Sensitive: by an operator only"),
        "published": _("Told to people"),
        "active": _("In use"),
        "facts": _("Facts that it rests on"),
        "source": _("Source"),
        "source_date": _("Date of the source"),
        "confirmed_on": _("Confirmed on"),
        "confirmed_by": _("Confirmed by"),
        "review_due": _("Review due"),
        "note": _("Note for operators"),
    }
    return names.get(name, name)


def code(name: str) -> str:
    """A coded value."""
    names = {
        "yes": _("yes"),
        "no": _("no"),
        "free": _("free"),
        "paid": _("paid"),
        "unknown": _("not known"),
        "none": _("no referrals: people go by themselves"),
        "sms": _("SMS with a link"),
        "email": _("e-mail with a link, the code by phone"),
        "phone": _("an operator calls"),
        "open": _("takes people"),
        "limited": _("takes few"),
        "full": _("full"),
        "km": _("Khmer"),
        "en": _("English"),
        "th": _("Thai"),
        "vi": _("Vietnamese"),
        "sign": _("sign language"),
        "anyone": _("anyone"),
        "returnees": _("returnees"),
        "women": _("women"),
        "children": _("children"),
        "youth": _("young people"),
        "poor_card": _("poverty card"),
        "disability": _("disability"),
        "survivors": _("survivors"),
        "passport_office": _("passport office"),
        "migrant_resource_centre": _("migrant resource centre"),
        "job_centre": _("job centre"),
        "hotline": _("telephone line"),
        "legal_aid": _("legal aid"),
        "training_centre": _("training"),
        "health_centre": _("health care"),
        "local_authority": _("local authority"),
        "ngo": _("organisation"),
        "shelter": _("place to stay"),
        "school": _("school"),
        "other": _("other"),
    }
    return names.get(name, name)


def why(name: str) -> str:
    """What is wrong with a cell of a file or a field of a form."""
    names = {
        "not_text": _("the file isn't UTF-8 text with commas; save it as CSV UTF-8"),
        "empty_file": _("the file has no rows"),
        "too_many_rows": _("too many rows; split the file"),
        "unknown_column": _("this column isn't one of ours"),
        "column_twice": _("this column is there twice"),
        "column_missing": _("this column must be there"),
        "too_many_cells": _("more cells than columns"),
        "too_long": _("too long"),
        "missing": _("must not be empty"),
        "hidden_character": _("holds a character that can't be seen"),
        "not_latin": _("must be in plain Latin letters"),
        "unknown_code": _("isn't one of the values that are possible"),
        "not_a_date": _("must be a date like 2026-11-30"),
        "not_a_number": _("must be a whole number, not below 0"),
        "too_high": _("is too high to be true"),
        "not_a_phone": _("must be a phone number or a short code"),
        "not_mail": _("must be an e-mail address"),
        "not_hours": _("must be like Mo-Fr 07:30-11:30 14:00-17:00; Sa 08:00-12:00, or 24/7"),
        "not_a_link": _("must begin with https://"),
        "in_the_past": _("is in the past"),
        "before_confirmed": _("must be after the day of confirmation"),
        "twice": _("is in the file twice"),
        "needs_confirmation": _("what is published needs a day of confirmation and a review, or facts"),
        "needs_address": _("referrals by SMS need a number to go to"),
        "needs_wage": _("a job must say a wage in riel or dollars"),
        "sensitive_published": _("a sensitive service can't be published"),
        "not_hsds": _("isn't a list of HSDS services"),
    }
    return names.get(name, name)
