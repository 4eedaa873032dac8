"""One fact: what it says and where it is told, changing it, approving a change, and noting a test call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import facts, overrides
from bot.fact_desk import calls, conflicts, edits, uses
from bot.facts import CONFIDENCES, Fact
from bot.models import CallOutcome, EditState, FactEdit, Form, Operator
from bot.permissions import Permission
from console.access import permit
from console.desk import fact_fields, words_for
from console.language import gettext as _

_PHNOM_PENH = timezone(timedelta(hours=7))
_MOST_REPLIES = 12


def add_routes(console: Blueprint) -> None:
    base = "/facts/<fact_id>"
    console.add_url_rule(base, "fact_page", fact_page)
    console.add_url_rule(f"{base}/edit", "fact_edit_page", fact_edit_page)
    console.add_url_rule(f"{base}/edit", "change_fact", change_fact, methods=["POST"])
    console.add_url_rule(f"{base}/calls", "note_call", note_call, methods=["POST"])
    console.add_url_rule("/fact-edits/<int:edit_id>/approve", "approve_fact", approve_fact, methods=["POST"])
    console.add_url_rule("/fact-edits/<int:edit_id>/reject", "reject_fact", reject_fact, methods=["POST"])


@permit(Permission.FACTS_READ)
def fact_page(fact_id: str) -> str:
    overdue = request.args.get("as") == "overdue"
    with current.database().reading() as db:
        fact = _get(fact_id)
        with _as_overdue(fact) if overdue else _as_it_is():
            replies = _replies(db, fact_id)
        history = edits.history(db, fact_id)
        return render_template(
            "console/desk/fact.html",
            fact=fact,
            told=fact.is_tellable(facts.today()),
            replies=replies,
            overdue=overdue,
            conflicts=[c for c in conflicts.conflicts(db) if c.fact_id == fact_id],
            history=[(edit, _changes(history, edit)) for edit in history],
            waiting=[(e, _against_standing(fact, e)) for e in history if e.state == EditState.PROPOSED],
            numbers=calls.numbers(fact_id),
            calls=calls.of(db, fact_id),
            networks=calls.NETWORKS,
            may_retire=fact_id not in facts.EMERGENCY,
            outcomes=list(CallOutcome),
            names=_names(db),
            words_for=words_for,
        )


@permit(Permission.FACTS_EDIT)
def fact_edit_page(fact_id: str) -> str:
    with current.database().reading():
        fact = _get(fact_id)
        content = fact.as_content()
        content["checked_on"] = facts.today().isoformat()
        content["review_due"] = edits.next_review(facts.today(), fact).isoformat()
        return _form(fact, content, "", edits.version(fact))


@permit(Permission.FACTS_EDIT)
def change_fact(fact_id: str) -> str | Response:
    """Shows how the replies would read, or makes the change."""
    reason = request.form.get("reason", "")
    based_on = request.form.get("based_on", "")
    if request.form.get("do") == "preview":
        with current.database().reading() as db:
            fact = _get(fact_id)
            content = _filled_in(fact)
            return _form(fact, content, reason, based_on, preview=_previewed(db, fact, content))
    try:
        with current.database().transaction() as db:
            content = _filled_in(_get(fact_id))
            author = db.get_one(Operator, g.operator.id)
            edit = edits.propose(db, author, fact_id, content, reason, based_on)
    except edits.EditRefused as refused:
        problems = [words_for.edit_problem(name) for name in refused.problems]
        with current.database().reading():
            return _form(_get(fact_id), content, reason, based_on, problems=problems)
    if edit.state == EditState.PROPOSED:
        flash(_("Kept. Another manager must approve it; until then the old value is told."))
    else:
        flash(_("Changed. It is told from now on."))
    return _back_to(fact_id)


@permit(Permission.FACTS_APPROVE)
def approve_fact(edit_id: int) -> Response:
    return _decide(edit_id, approve=True)


@permit(Permission.FACTS_EDIT)
def reject_fact(edit_id: int) -> Response:
    return _decide(edit_id, approve=False)


@permit(Permission.FACTS_EDIT)
def note_call(fact_id: str) -> Response:
    """Keeps a test call: who called when, and what was found."""
    form = request.form
    with current.database().transaction() as db:
        _get(fact_id)
        try:
            calls.note(
                db,
                db.get_one(Operator, g.operator.id),
                fact_id,
                form.get("number", ""),
                _moment(form.get("at", "")),
                form.get("network", ""),
                form.get("outcome", ""),
                hours=form.get("hours", ""),
                is_free=_yes_no(form.get("is_free")),
                speaks_khmer=_yes_no(form.get("speaks_khmer")),
                words=form.get("note", ""),
            )
        except calls.CallRefused as refused:
            flash(words_for.call_problem(refused.problem))
        except ValueError:
            flash(words_for.call_problem("incomplete"))
        else:
            flash(_("The call is noted."))
    return _back_to(fact_id)


def _decide(edit_id: int, approve: bool) -> Response:
    decide = edits.approve if approve else edits.reject
    try:
        with current.database().transaction() as db:
            edit = db.get(FactEdit, edit_id)
            if edit is None:
                abort(404)
            fact_id = edit.fact_id
            decide(db, db.get_one(Operator, g.operator.id), edit_id)
    except edits.EditRefused as refused:
        flash(words_for.edit_problem(refused.problems[0]))
    else:
        flash(_("Approved. It is told from now on.") if approve else _("Not taken over."))
    return _back_to(fact_id)


def _get(fact_id: str) -> Fact:
    if fact_id not in facts.facts():
        abort(404)
    return facts.fact(fact_id)


def _form(
    fact: Fact,
    content: dict[str, Any],
    reason: str,
    based_on: str,
    problems: list[str] | None = None,
    preview: list[dict[str, Any]] | None = None,
) -> str:
    return render_template(
        "console/desk/fact_edit.html",
        fact=fact,
        content=content,
        reason=reason,
        based_on=based_on,
        problems=problems or [],
        preview=preview,
        confidences=CONFIDENCES,
        words_for=words_for,
    )


def _filled_in(fact: Fact) -> dict[str, Any]:
    """What the form says, over the fact as it stands."""
    content = fact.as_content()
    content |= fact_fields.common(content)
    content["values"] = {
        name: _value(request.form.get(f"value.{name}", ""), old) for name, old in fact.values.items()
    }
    return content


def _value(filled_in: str, old: object) -> str | int:
    text = filled_in.strip()
    if isinstance(old, int):
        plain = text.replace(",", "")
        return int(plain) if plain.isdecimal() and len(plain) < 10 else text
    return text


def _previewed(db: Session, fact: Fact, content: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        facts.read(fact.id, content)
    except facts.MissingFact:
        return []
    with overrides.trying(facts={fact.id: content}):
        return _replies(db, fact.id)


def _replies(db: Session, fact_id: str) -> list[dict[str, Any]]:
    """Every reply with the fact, as it is sent in each form."""
    return [
        {
            "title": words_for.use(use.kind, use.name),
            "forms": [(form, uses.sent(db, use, form)) for form in Form],
        }
        for use in uses.uses(db, fact_id)[:_MOST_REPLIES]
    ]


@contextmanager
def _as_overdue(fact: Fact) -> Iterator[None]:
    long_ago = {"checked_on": "2000-01-01", "review_due": "2000-01-02"}
    with overrides.trying(facts={fact.id: {**fact.as_content(), **long_ago}}):
        yield


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _changes(history: list[FactEdit], edit: FactEdit) -> list[edits.Change]:
    """What the edit changed against the one that was in force before it, else against the file."""
    taken = (EditState.IN_FORCE, EditState.REPLACED)
    earlier = [e for e in history if e.id < edit.id and e.state in taken]
    if not earlier and edit.fact_id not in facts.shipped():
        return []  # it was added here
    before = facts.read(edit.fact_id, earlier[0].content) if earlier else facts.shipped()[edit.fact_id]
    return edits.differences(before, facts.read(edit.fact_id, edit.content))


def _against_standing(fact: Fact, edit: FactEdit) -> list[edits.Change]:
    return edits.differences(fact, facts.read(fact.id, edit.content))


def _names(db: Session) -> dict[int | None, str]:
    names: dict[int | None, str] = {operator.id: operator.name for operator in db.scalars(select(Operator))}
    return {None: _("a command"), **names}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_PHNOM_PENH).astimezone(UTC)


def _yes_no(answer: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(answer or "")


def _back_to(fact_id: str) -> Response:
    return redirect(url_for("console.fact_page", fact_id=fact_id))
