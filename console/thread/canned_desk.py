"""Ready-made replies: what there is, and for who may, adding, changing and taking out of use."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import canned, editions, facts, segments
from bot.canned import BadReply, Canned
from bot.models import Edition, Form, Operator
from bot.permissions import Permission
from console import labels, navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/canned", "canned_page", canned_page)
    console.add_url_rule("/canned/new", "canned_new", canned_new)
    console.add_url_rule("/canned/<name>", "canned_edit", canned_edit)
    console.add_url_rule("/canned", "canned_save", canned_save, methods=["POST"])
    console.add_url_rule("/canned/<name>/retire", "canned_retire", canned_retire, methods=["POST"])
    navigation.add("console.canned_page", N_("Ready-made replies"), Permission.CANNED_EDIT, order=40)


@permit(Permission.CANNED_EDIT)
def canned_page() -> str:
    with current.database().reading() as db:
        replies = canned.every(db)
        retired = editions.retired(db, canned.KIND)
    return render_template("console/thread/canned.html", replies=replies, retired=retired, shown=_shown)


@permit(Permission.CANNED_EDIT)
def canned_new() -> str:
    return _form(Canned("", {}, {}), based_on=0, history=[])


@permit(Permission.CANNED_EDIT)
def canned_edit(name: str) -> str:
    with current.database().reading() as db:
        history = editions.history(db, canned.KIND, name)
        reply = canned.find(db, name) or _last(name, history)
        if reply is None:
            abort(404)
        names = {operator.id: operator.name for operator in db.scalars(select(Operator))}
        return _form(reply, based_on=editions.version(db, canned.KIND, name), history=history, names=names)


@permit(Permission.CANNED_EDIT)
def canned_save() -> AnyResponse | str:
    fields = request.form
    reply = Canned(
        fields.get("name", "").strip(),
        {language: fields.get(f"title_{language}", "").strip() for language in ("km", "en")},
        {form: " ".join(fields.get(f"text_{form}", "").split()) for form in Form},
    )
    based_on = int(fields["based_on"]) if fields.get("based_on", "").isdecimal() else 0
    try:
        with current.database().transaction() as db:
            canned.save(db, db.get_one(Operator, g.operator.id), reply, based_on=based_on)
    except BadReply as bad:
        return _form(reply, based_on=based_on, history=[], problem=_problem(bad))
    except editions.EditedMeanwhile:
        return _form(reply, based_on=based_on, history=[], problem=_meanwhile())
    flash(_("Saved. It is offered from now on."))
    return redirect(url_for("console.canned_page"))


@permit(Permission.CANNED_EDIT)
def canned_retire(name: str) -> AnyResponse:
    based_on = request.form.get("based_on", "")
    try:
        with current.database().transaction() as db:
            if canned.find(db, name) is None:
                abort(404)
            operator = db.get_one(Operator, g.operator.id)
            canned.retire(db, operator, name, based_on=int(based_on) if based_on.isdecimal() else 0)
    except editions.EditedMeanwhile:
        flash(_meanwhile())
        return redirect(url_for("console.canned_edit", name=name))
    flash(_("Taken out of use. Its history stays; saving it again brings it back."))
    return redirect(url_for("console.canned_page"))


def _form(
    reply: Canned,
    *,
    based_on: int,
    history: list[Edition],
    names: dict[int, str] | None = None,
    problem: str = "",
) -> str:
    return render_template(
        "console/thread/canned_edit.html",
        reply=reply,
        based_on=based_on,
        history=history,
        names=names or {},
        problem=problem,
        known=canned.is_shipped(reply.name) or based_on > 0,
        forms=[(form, labels.language(form)) for form in Form],
        shown=_shown,
    )


def _shown(text: str) -> tuple[str, int, tuple[str, ...]]:
    """The reply as sent, its SMS segments, and the facts that may not be told today."""
    try:
        filled = canned.fill(text, current.settings().brand)
    except facts.MissingFact:
        return text, segments.count(text), ()
    return filled.text, segments.count(filled.text), filled.unconfirmed


def _last(name: str, history: list[Edition]) -> Canned | None:
    content = next((edition.content for edition in history if edition.content), None)
    return Canned(name, content["title"], content["text"]) if content else None


def _meanwhile() -> str:
    return _("Somebody else changed this meanwhile. Open it again and compare before you save.")


def _problem(bad: BadReply) -> str:
    words = {
        "name": _("The short name needs 2 to 32 small letters, digits or underscores."),
        "title": _("Give a title of at most 60 characters in Khmer and in English."),
        "no_words": _("Words are missing: %s") % labels.language(bad.where),
        "placeholder": _("No fact has this value: {%s}") % bad.where,
        "other_placeholders": _("Placeholders must be the same as in English: %s")
        % labels.language(bad.where),
        "not_ascii": _("Khmer in Latin letters takes plain letters only, or each SMS costs more."),
        "too_long": _("Longer than three SMS: %s") % labels.language(bad.where),
    }
    return words[bad.problem]
