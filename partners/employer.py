"""The form by which an invited employer enters a job or course; a moderator sees it before anyone else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request

import current
from bot.jobs import employers, listings
from bot.jobs.lexicon import trades
from bot.models import Form
from bot.places import provinces
from bot.words import say
from partners import words
from partners.language import gettext as _

_ASKED = (
    *("kind", "trade", "province", "employer_km", "employer_latin", "wage_khr", "wage_usd"),
    *("wage_period", "places", "phone", "closes_on", "description"),
)


def add_routes(pages: Blueprint, flood: Callable[[Any], Any]) -> None:
    pages.add_url_rule("/jobs/<token>", "employer_form", employer_form)
    pages.add_url_rule("/jobs/<token>", "employer_submit", flood(employer_submit), methods=["POST"])


def employer_form(token: str) -> tuple[str, int]:
    with current.database().reading() as db:
        link = employers.open_link(db, token)
        if link is None:
            return render_template("partners/closed.html"), 404
        given = {"employer_latin": link.employer, "wage_period": "month", "kind": "job"}
        return _page(link.employer, given, {}), 200


def employer_submit(token: str) -> tuple[str, int]:
    given = {name: request.form.get(name, "") for name in _ASKED}
    with current.database().transaction() as db:
        link = employers.open_link(db, token)
        if link is None:
            return render_template("partners/closed.html"), 404
        try:
            listing, wrong = employers.submit(db, link, given)
        except employers.TooMany:
            return _page(link.employer, given, {}, _("That is enough for today. Please go on tomorrow.")), 429
        if listing is None:
            problems = {field: words.why(why) for field, why in wrong}
            return _page(link.employer, given, problems), 422
        return render_template("partners/employer_done.html", token=token), 200


def _page(employer: str, given: dict[str, str], problems: dict[str, str], message: str = "") -> str:
    form = words.form()
    return render_template(
        "partners/employer.html",
        employer=employer,
        given=given,
        problems=problems,
        message=message,
        trades=[(code, say(f"trade_{code}", form)) for code in trades()],
        provinces=[(code, province.name(form)) for code, province in provinces().items()],
        kinds=listings.KINDS,
        khmer=form is Form.KHMER,
    )
