"""Protocols: reading and editing them in Khmer and English, with their history."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import editions, protocols
from bot.models import Operator
from bot.permissions import Permission
from bot.protocols import BadProtocol, Protocol, Step
from console import navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _

_NEW_ROWS = 2  # empty rows at the end of each section


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/protocols", "protocols_page", protocols_page)
    console.add_url_rule("/protocols/<key>", "protocol_edit", protocol_edit)
    console.add_url_rule("/protocols/<key>", "protocol_save", protocol_save, methods=["POST"])
    console.add_url_rule("/protocols/<key>/default", "protocol_default", protocol_default, methods=["POST"])
    navigation.add("console.protocols_page", N_("Protocols"), Permission.PROTOCOLS_EDIT, order=41)


def section_words(section: str) -> str:
    """The heading of a section."""
    words = {
        "must": _("Must be done"),
        "ask": _("Ask"),
        "never": _("Never"),
        "refer": _("Refer to"),
        "child": _("Must be done for a child"),
    }
    return words[section]


@permit(Permission.PROTOCOLS_EDIT)
def protocols_page() -> str:
    with current.database().reading() as db:
        every = protocols.every(db)
        versions = {key: editions.version(db, protocols.KIND, key) for key in every}
    return render_template("console/thread/protocols.html", protocols=every, versions=versions)


@permit(Permission.PROTOCOLS_EDIT)
def protocol_edit(key: str) -> str:
    with current.database().reading() as db:
        return _form(_get(protocols.every(db), key), editions.version(db, protocols.KIND, key))


@permit(Permission.PROTOCOLS_EDIT)
def protocol_save(key: str) -> AnyResponse | str:
    changed = _read(key)
    try:
        with current.database().transaction() as db:
            _get(protocols.every(db), key)
            protocols.save(db, db.get_one(Operator, g.operator.id), changed, based_on=_based_on())
    except BadProtocol as bad:
        return _form(changed, _based_on(), _problem(bad))
    except editions.EditedMeanwhile:
        problem = _("Somebody else changed this meanwhile. Open it again and compare before you save.")
        return _form(changed, _based_on(), problem)
    flash(_("Saved. Operators see it from now on."))
    return redirect(url_for("console.protocols_page"))


@permit(Permission.PROTOCOLS_EDIT)
def protocol_default(key: str) -> AnyResponse:
    """Goes back to the text that comes with the software."""
    try:
        with current.database().transaction() as db:
            _get(protocols.every(db), key)
            operator = db.get_one(Operator, g.operator.id)
            protocols.back_to_default(db, operator, key, based_on=_based_on())
    except editions.EditedMeanwhile:
        flash(_("Somebody else changed this meanwhile. Open it again and compare before you save."))
        return redirect(url_for("console.protocol_edit", key=key))
    flash(_("The shipped text holds again. The history stays."))
    return redirect(url_for("console.protocols_page"))


def _get(every: dict[str, Protocol], key: str) -> Protocol:
    if key not in every:
        abort(404)
    return every[key]


def _read(key: str) -> Protocol:
    """The protocol that the form holds; a row emptied in both languages is taken out."""
    fields = request.form
    sections = {}
    for section in protocols.SECTIONS:
        rows = zip(
            fields.getlist(f"{section}_id"),
            fields.getlist(f"{section}_km"),
            fields.getlist(f"{section}_en"),
            strict=False,
        )
        sections[section] = tuple(
            Step(step_id or protocols.new_step_id(), {"km": km.strip(), "en": en.strip()})
            for step_id, km, en in rows
            if km.strip() or en.strip()
        )
    titles = {language: fields.get(f"title_{language}", "").strip() for language in ("km", "en")}
    return Protocol(key, titles, sections)


def _based_on() -> int:
    value = request.form.get("based_on", "")
    return int(value) if value.isdecimal() else 0


def _form(protocol: Protocol, based_on: int, problem: str = "") -> str:
    with current.database().reading() as db:
        history = editions.history(db, protocols.KIND, protocol.key)
        names = {operator.id: operator.name for operator in db.scalars(select(Operator))}
    empty = tuple(Step("", {"km": "", "en": ""}) for _row in range(_NEW_ROWS))
    rows = {section: (*protocol.sections[section], *empty) for section in protocols.SECTIONS}
    return render_template(
        "console/thread/protocol_edit.html",
        protocol=protocol,
        rows=rows,
        based_on=based_on,
        names=names,
        problem=problem,
        section_words=section_words,
        earlier=[
            (edition, protocols.read(protocol.key, edition.content) if edition.content else None)
            for edition in history
        ],
    )


def _problem(bad: BadProtocol) -> str:
    words = {
        "no_words": _("Each step needs words in Khmer and in English: %s") % bad.where,
        "too_long": _("This step is too long: %s") % bad.where,
        "placeholder": _("A placeholder names no fact: %s") % bad.where,
        "empty_section": _("“Must be done” and “Never” can't be empty."),
    }
    return words[bad.problem]
