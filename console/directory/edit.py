"""One entry: its form, how people read it, its history, and confirming it anew."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import segments
from bot.directory import codes, entries
from bot.directory.search import Found
from bot.directory.tell import told
from bot.facts import today
from bot.models import Capacity, DirectoryChange, Form, Operator, ReferralMethod, Service
from bot.permissions import Permission
from bot.places import provinces
from bot.words import MissingWords
from console.access import permit
from console.directory import words
from console.language import date_words
from console.language import gettext as _

REVIEW_AFTER = timedelta(days=183)
_YES_NO = ("yes", "no")
# Fields by widget; all others are one line of text.
_CHOICES: dict[str, tuple[str, ...]] = {
    "kind": codes.KINDS,
    "cost": codes.COSTS,
    "referral_method": tuple(ReferralMethod),
    "referral_language": codes.PARTNER_LANGUAGES,
    "capacity": tuple(Capacity),
    "sensitive": _YES_NO,
    "published": _YES_NO,
    "active": _YES_NO,
}
_SEVERAL: dict[str, tuple[str, ...]] = {
    "needs": codes.NEEDS,
    "provinces": tuple(provinces()),
    "eligibility": codes.ELIGIBILITY,
    "languages": codes.LANGUAGES,
}
_DATES = ("confirmed_on", "review_due")
# A new entry is told to nobody until somebody says so.
_EMPTY = {"cost": "unknown", "active": "yes", "capacity": "unknown", "sensitive": "no", "published": "no"}
_NOT_FOR_READERS = ("key", "organisation_key", "phone_fact", "facts", "referral_address")


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/directory/new", "directory_new", directory_new)
    console.add_url_rule("/directory/new", "directory_create", directory_create, methods=["POST"])
    console.add_url_rule("/directory/<int:service_id>", "directory_entry", directory_entry)
    console.add_url_rule("/directory/<int:service_id>", "directory_save", directory_save, methods=["POST"])
    console.add_url_rule(
        "/directory/<int:service_id>/confirm", "directory_confirm", directory_confirm, methods=["POST"]
    )


@permit(Permission.DIRECTORY_READ)
def directory_entry(service_id: int) -> str:
    with current.database().reading() as db:
        service = db.get(Service, service_id) or abort(404)
        return _page(db, service, entries.as_texts(service), {})


@permit(Permission.DIRECTORY_EDIT)
def directory_new() -> str:
    with current.database().reading() as db:
        return _page(db, None, _EMPTY, {})


@permit(Permission.DIRECTORY_EDIT)
def directory_create() -> Response | tuple[str, int]:
    given = _given(request.form.get("key", ""))
    with current.database().transaction() as db:
        if db.scalars(select(Service).where(Service.key == given["key"])).first():
            return _page(db, None, given, {"key": _("This key is taken.")}), 422
        return _save(db, None, given)


@permit(Permission.DIRECTORY_EDIT)
def directory_save(service_id: int) -> Response | tuple[str, int]:
    with current.database().transaction() as db:
        service = db.get(Service, service_id) or abort(404)
        return _save(db, service, _given(service.key))


@permit(Permission.DIRECTORY_EDIT)
def directory_confirm(service_id: int) -> Response:
    """Somebody of ours has called or been there: right as it stands, for half a year."""
    with current.database().transaction() as db:
        service = db.get(Service, service_id) or abort(404)
        operator = db.get_one(Operator, g.operator.id)
        fresh = {
            "confirmed_on": today().isoformat(),
            "confirmed_by": operator.name[:120],
            "review_due": (today() + REVIEW_AFTER).isoformat(),
        }
        values, wrong = entries.check({**entries.as_texts(service), **fresh})
        if wrong:
            flash(_("Not confirmed: correct the entry first."))
        else:
            entries.keep(db, values, operator, "edit")
            flash(_("Confirmed today."))
    return redirect(url_for("console.directory_entry", service_id=service_id))


def _given(key: str) -> dict[str, str]:
    given = {name: request.form.get(name, "") for name in entries.FIELDS if name not in _SEVERAL}
    for name in _SEVERAL:
        given[name] = "|".join(request.form.getlist(name))
    return {**given, "key": key}


def _save(db: Session, service: Service | None, given: dict[str, str]) -> Response | tuple[str, int]:
    values, wrong = entries.check(given)
    if wrong:
        return _page(db, service, given, {field: words.why(why) for field, why in wrong}), 422
    kept = entries.keep(db, values, db.get_one(Operator, g.operator.id), "edit")
    flash(_("Saved."))
    return redirect(url_for("console.directory_entry", service_id=kept.id))


def _page(db: Session, service: Service | None, given: dict[str, str], problems: dict[str, str]) -> str:
    changes = []
    if service is not None:
        query = select(DirectoryChange).where(DirectoryChange.service_id == service.id)
        changes = list(db.scalars(query.order_by(DirectoryChange.id.desc()).limit(30)))
    return render_template(
        "console/directory/entry.html",
        service=service,
        given=given,
        problems=problems,
        changes=changes,
        names={operator.id: operator.name for operator in db.scalars(select(Operator))},
        preview=_preview(service) if service else [],
        fields=list(entries.FIELDS),
        choices=_CHOICES,
        several=_SEVERAL,
        chosen={name: given.get(name, "").split("|") for name in _SEVERAL},
        dates=_DATES,
        words=words,
        value_words=_value_words,
        told=_told,
        state=words.state(service) if service else "",
        shown=_shown(given) if service else [],
        required=entries.REQUIRED,
    )


def _shown(given: dict[str, str]) -> list[tuple[str, str]]:
    """What is known of the entry, for who only reads it: plain words, without the partner's own address."""
    others = tuple(f"_{form}" for form in Form if form != words.form())
    shown = []
    for name, value in given.items():
        if not value or name in _NOT_FOR_READERS or name.endswith(others):
            continue
        shown.append((words.field(name).partition(" (")[0], _told(name, value)))
    return shown


def _told(name: str, value: str | None) -> str:
    """A field's value in plain words; as it was given where it is none that the field takes."""
    if not value:
        return ""
    try:
        return _in_words(name, value)
    except (LookupError, ValueError, MissingWords):
        return value


def _in_words(name: str, value: str) -> str:
    if name in _SEVERAL:
        return ", ".join(_value_words(name, code) for code in value.split("|"))
    if name in _DATES:
        return date_words(date.fromisoformat(value))
    return _value_words(name, value) if name in _CHOICES else value


def _value_words(name: str, code: str) -> str:
    if name == "provinces":
        return provinces()[code].name(words.form())
    if name == "needs":
        return words.need(code)
    return words.code(code)


def _preview(service: Service) -> list[tuple[str, str, int]]:
    """How people read the entry, in each form, with its SMS segments."""
    where = (service.provinces or [""])[0]
    shown = []
    for form in Form:
        text = " ".join(told(Found(service, where), where or None, form))
        shown.append((str(form), text, segments.count(text)))
    return shown
