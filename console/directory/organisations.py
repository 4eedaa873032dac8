"""Organisations: the list, one's form and its history, also where it offers no service yet."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot.directory import organisations, search
from bot.models import Operator, Organisation
from bot.permissions import Permission
from console.access import permit
from console.directory import words
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    base = "/directory/organisations"
    console.add_url_rule(base, "organisations_page", organisations_page)
    console.add_url_rule(f"{base}/new", "organisation_new", organisation_new)
    console.add_url_rule(f"{base}/new", "organisation_create", organisation_create, methods=["POST"])
    one = f"{base}/<int:organisation_id>"
    console.add_url_rule(one, "organisation_page", organisation_page)
    console.add_url_rule(one, "organisation_save", organisation_save, methods=["POST"])


@permit(Permission.DIRECTORY_READ)
def organisations_page() -> str:
    with current.database().reading() as db:
        rows = [(one, _name(one), len(one.services)) for one in organisations.listed(db)]
        return render_template("console/directory/organisations.html", rows=rows)


@permit(Permission.DIRECTORY_READ)
def organisation_page(organisation_id: int) -> str:
    with current.database().reading() as db:
        organisation = db.get(Organisation, organisation_id) or abort(404)
        return _page(db, organisation, organisations.as_texts(organisation), {})


@permit(Permission.DIRECTORY_EDIT)
def organisation_new() -> str:
    with current.database().reading() as db:
        return _page(db, None, {}, {})


@permit(Permission.DIRECTORY_EDIT)
def organisation_create() -> Response | tuple[str, int]:
    with current.database().transaction() as db:
        return _save(db, None, _given())


@permit(Permission.DIRECTORY_EDIT)
def organisation_save(organisation_id: int) -> Response | tuple[str, int]:
    with current.database().transaction() as db:
        organisation = db.get(Organisation, organisation_id) or abort(404)
        return _save(db, organisation, {**_given(), "organisation_key": organisation.key})


def _given() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in organisations.FIELDS}


def _save(
    db: Session, organisation: Organisation | None, given: dict[str, str]
) -> Response | tuple[str, int]:
    values, wrong = organisations.check(given)
    if wrong:
        return _page(db, organisation, given, {field: words.why(why) for field, why in wrong}), 422
    try:
        kept = organisations.keep(db, values, db.get_one(Operator, g.operator.id), organisation)
    except organisations.KeyTaken:
        return _page(db, None, given, {"organisation_key": _("This key is taken.")}), 422
    flash(_("Saved."))
    return redirect(url_for("console.organisation_page", organisation_id=kept.id))


def _page(
    db: Session, organisation: Organisation | None, given: dict[str, str], problems: dict[str, str]
) -> str:
    return render_template(
        "console/directory/organisation.html",
        organisation=organisation,
        name=_name(organisation) if organisation else "",
        given=given,
        problems=problems,
        fields=list(organisations.FIELDS),
        required=organisations.REQUIRED,
        changes=organisations.history(db, organisation) if organisation else [],
        names={operator.id: operator.name for operator in db.scalars(select(Operator))},
        services=[
            (service, search.name_of(service, words.form()), words.state(service))
            for service in (organisation.services if organisation else [])
        ],
        words=words,
    )


def _name(organisation: Organisation) -> str:
    return organisation.name_km if g.language == "km" else organisation.name_en
