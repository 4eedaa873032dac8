"""Adding a fact, and taking one out of use or back into it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import current
from bot import facts
from bot.fact_desk import additions
from bot.fact_desk.edits import EditRefused
from bot.facts import CONFIDENCES
from bot.models import EditState, Operator
from bot.permissions import Permission
from console.access import permit
from console.desk import fact_fields, words_for
from console.language import gettext as _

_VALUES = 4
_REVIEW_IN = timedelta(days=180)
_BEGUN: dict[str, Any] = {**additions.EMPTY, "confidence": CONFIDENCES[1], "publish": True}


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/facts/new", "new_fact_page", new_fact_page)
    console.add_url_rule("/facts/new", "add_fact", add_fact, methods=["POST"])
    console.add_url_rule("/facts/<fact_id>/retire", "retire_fact", retire_fact, methods=["POST"])


@permit(Permission.FACTS_EDIT)
def new_fact_page() -> str:
    with current.database().reading():
        content = {
            **_BEGUN,
            "checked_on": facts.today().isoformat(),
            "review_due": (facts.today() + _REVIEW_IN).isoformat(),
        }
        return _page("", content, [("", "")] * _VALUES, "")


@permit(Permission.FACTS_EDIT)
def add_fact() -> str | Response:
    fact_id, reason = request.form.get("id", "").strip(), request.form.get("reason", "")
    pairs = list(zip(request.form.getlist("value_name"), request.form.getlist("value"), strict=False))
    named = [(name.strip(), text) for name, text in pairs if name.strip() or text.strip()]
    content = {
        **fact_fields.common(_BEGUN),
        "topic": request.form.get("topic", "").strip(),
        "values": {name: additions.value(text, name) for name, text in named},
    }
    try:
        with current.database().transaction() as db:
            author = db.get_one(Operator, g.operator.id)
            edit = additions.add(db, author, fact_id, content, reason)
    except EditRefused as refused:
        problems = [words_for.edit_problem(name) for name in dict.fromkeys(refused.problems)]
        with current.database().reading():
            return _page(fact_id, content, [*named, *[("", "")] * (_VALUES - len(named))], reason, problems)
    if edit.state == EditState.PROPOSED:
        flash(_("Kept. Another manager must approve it; until then it isn't told."))
    else:
        flash(_("Kept. Places of the directory and partners' tables may rest on it from now on."))
    return redirect(url_for("console.fact_page", fact_id=fact_id))


@permit(Permission.FACTS_EDIT)
def retire_fact(fact_id: str) -> Response:
    """Takes the fact out of use, or back into it (`do=bring_back`)."""
    back = request.form.get("do") == "bring_back"
    change = additions.bring_back if back else additions.retire
    try:
        with current.database().transaction() as db:
            if fact_id not in facts.facts():
                abort(404)
            author = db.get_one(Operator, g.operator.id)
            edit = change(db, author, fact_id, request.form.get("reason", ""))
    except EditRefused as refused:
        flash(words_for.edit_problem(refused.problems[0]))
    else:
        if edit.state == EditState.PROPOSED:
            flash(_("Kept. Another manager must approve it; until then it isn't told."))
        else:
            retired = _("Retired. Replies that rest on it say that it must be confirmed.")
            flash(_("In use again.") if back else retired)
    return redirect(url_for("console.fact_page", fact_id=fact_id))


def _page(
    fact_id: str,
    content: dict[str, Any],
    values: list[tuple[str, str]],
    reason: str,
    problems: list[str] | None = None,
) -> str:
    return render_template(
        "console/desk/fact_new.html",
        fact_id=fact_id,
        content=content,
        pairs=values,
        reason=reason,
        problems=problems or [],
        topics=sorted({fact.topic for fact in facts.facts().values() if fact.topic}),
        confidences=CONFIDENCES,
        words_for=words_for,
    )
