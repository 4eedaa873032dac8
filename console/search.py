"""Searching conversations. What is looked for is posted, so that it stays out of addresses and logs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from flask import Blueprint, g, render_template, request

import current
from bot import handoff, search
from bot.intents import SENSITIVE
from bot.models import Channel, Form, Operator
from bot.permissions import Permission, allows
from console import labels, navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _

_PHNOM_PENH = timezone(timedelta(hours=7))
_LONGEST = 100
_OTHER_REASONS = ("asked_for_person", "asked_for_call", "not_understood", "bot_failed", "not_delivered")


def add_routes(console: Blueprint) -> None:
    navigation.add("console.search_page", N_("Search"), Permission.SEARCH, order=30)
    console.add_url_rule("/search", "search_page", search_page)
    console.add_url_rule("/search", "search", search_conversations, methods=["POST"])


@permit(Permission.SEARCH)
def search_page() -> str:
    return _page()


@permit(Permission.SEARCH)
def search_conversations() -> str | tuple[str, int]:
    try:
        criteria = _criteria()
    except ValueError:
        return _page(problem=_("A number or a date can't be read.")), 400
    if criteria == search.Criteria():
        return _page(problem=_("Fill in at least one field.")), 400
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        try:
            return _page(found=search.find(db, operator, criteria))
        except PermissionError:
            return _page(problem=_("Words in messages are searched by supervisors.")), 403


def _criteria() -> search.Criteria:
    def text(name: str) -> str:
        return request.form.get(name, "").strip()[:_LONGEST]

    number = text("number")
    if number and not (number.isascii() and number.isdecimal()):
        raise ValueError("not a number")
    until = _day(text("until"))
    return search.Criteria(
        alias=text("alias"),
        number=min(int(number), 2**31 - 1) if number else None,
        topic=text("topic"),
        outcome=text("outcome"),
        channel=Channel(text("channel")) if text("channel") else None,
        form=Form(text("form")) if text("form") else None,
        since=_day(text("since")),
        until=until + timedelta(days=1) if until else None,
        words=text("words"),
    )


def _day(text: str) -> datetime | None:
    """The beginning of that day in Phnom Penh."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=_PHNOM_PENH) if text else None


def _page(found: search.Found | None = None, problem: str = "") -> str:
    return render_template(
        "console/search.html",
        found=found,
        labels=labels,
        problem=problem,
        form=request.form,
        topics=(*sorted(SENSITIVE), *_OTHER_REASONS),
        outcomes=(*handoff.OUTCOMES, "handed_back"),
        with_words=allows(g.operator, Permission.SEARCH_WORDS),
        most=search.MOST_SCANNED,
    )
