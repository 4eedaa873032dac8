"""Bringing in official returns by province, against which the figures show how far the helpline reaches."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import current
from bot import facts
from bot.fact_desk.edits import EditRefused
from bot.insight import returns_table
from bot.models import Operator
from bot.permissions import Permission
from console.access import permit
from console.desk import words_for
from console.directory.words import why
from console.language import gettext as _

_REVIEW_IN = timedelta(days=180)


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/figures/returns", "returns_page", returns_page)
    console.add_url_rule("/figures/returns", "take_returns", take_returns, methods=["POST"])


@permit(Permission.FACTS_EDIT)
def returns_page() -> str:
    return _page()


@permit(Permission.FACTS_EDIT)
def take_returns() -> str | Response | tuple[str, int]:
    """Takes a table over whole, or names every wrong cell and takes nothing."""
    upload = request.files.get("file")
    content = upload.read() if upload else b""
    form = request.form
    try:
        origin = returns_table.Origin(
            source=form.get("source", ""),
            source_date=date.fromisoformat(form.get("source_date", "")),
            checked_by=form.get("checked_by", ""),
            review_due=date.fromisoformat(form.get("review_due", "")),
        )
        with current.database().transaction() as db:
            edit = returns_table.take_over(db, db.get_one(Operator, g.operator.id), content, origin)
            fact_id = edit.fact_id
    except ValueError:
        return _page([words_for.edit_problem("dates_unreadable")])
    except EditRefused as refused:
        return _page([words_for.edit_problem(name) for name in dict.fromkeys(refused.problems)])
    except returns_table.BadTable as bad:
        page = render_template(
            "console/problems.html",
            problems=[(p.row, p.column, why(p.why)) for p in bad.problems],
            back=url_for("console.returns_page"),
        )
        return page, 422
    flash(_("Taken over. The figures show reach by province from now on."))
    return redirect(url_for("console.fact_page", fact_id=fact_id))


def _page(problems: list[str] | None = None) -> str:
    with current.database().reading():
        return render_template(
            "console/returns.html",
            standing=returns_table.newest(),
            review_due=(facts.today() + _REVIEW_IN).isoformat(),
            today=facts.today().isoformat(),
            problems=problems or [],
            filled_in=request.form,
        )
