"""The list of facts: all, due, unconfirmed, conflicting, waiting for a second person; and for partners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

import current
from bot import facts
from bot.fact_desk import conflicts, edits, exchange, uses
from bot.facts import CONFIRMED, Fact
from bot.permissions import Permission
from console import navigation
from console.access import permit
from console.desk import words_for
from console.language import N_
from console.language import gettext as _

VIEWS = ("all", "due", "unconfirmed", "conflicting", "waiting", "unpublished", "retired")
_DUE_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Row:
    """One fact in the list."""

    fact: Fact
    told: bool
    overdue: bool
    replies: int
    conflicts: tuple[str, ...]
    waiting: bool


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/facts", "facts_page", facts_page)
    console.add_url_rule("/facts.csv", "facts_for_partners", facts_for_partners)
    navigation.add("console.facts_page", N_("Facts"), Permission.FACTS_READ, 60)


@permit(Permission.FACTS_READ)
def facts_page() -> str:
    shown = request.args.get("show", "all")
    shown = shown if shown in VIEWS else "all"
    searched = request.args.get("q", "").strip()
    with current.database().reading() as db:
        rows = _rows(db)
        counts = {view: sum(_belongs(row, view) for row in rows) for view in VIEWS}
        chosen = [row for row in rows if _belongs(row, shown) and _matches(row.fact, searched)]
        if shown == "due":
            chosen.sort(key=lambda row: row.fact.review_due)
        return render_template(
            "console/desk/facts.html",
            rows=chosen,
            counts=counts,
            views=_views(),
            shown=shown,
            searched=searched,
            words_for=words_for,
        )


@permit(Permission.FACTS_READ)
def facts_for_partners() -> Response:
    with current.database().reading():
        table = exchange.for_partners()
    name = f"facts-{facts.today().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # The mark tells spreadsheet programs that the Khmer in it is UTF-8.
    return Response("\ufeff" + table, mimetype="text/csv", headers=headers)


def _views() -> dict[str, str]:
    return {
        "all": _("All"),
        "due": _("Review due"),
        "unconfirmed": _("Unconfirmed"),
        "conflicting": _("Conflicting"),
        "waiting": _("For a second person"),
        "unpublished": _("Not told"),
        "retired": _("Retired"),
    }


def _rows(db: Session) -> list[Row]:
    day = facts.today()
    against: dict[str, list[str]] = {}
    for conflict in conflicts.conflicts(db):
        against.setdefault(conflict.fact_id, []).append(words_for.conflict(conflict.kind))
    waiting = {edit.fact_id for edit in edits.proposed(db)}
    used = uses.by_fact(db)
    return [
        Row(
            fact=fact,
            told=fact.is_tellable(day),
            overdue=fact.review_due <= day,
            replies=len(used.get(fact.id, ())),
            conflicts=tuple(dict.fromkeys(against.get(fact.id, ()))),
            waiting=fact.id in waiting,
        )
        for fact in facts.facts().values()
    ]


def _belongs(row: Row, view: str) -> bool:
    if row.fact.retired:
        return view == "retired"
    match view:
        case "retired":
            return False
        case "due":
            return row.fact.review_due <= facts.today() + _DUE_WITHIN
        case "unconfirmed":
            return row.fact.confidence != CONFIRMED
        case "conflicting":
            return bool(row.conflicts)
        case "waiting":
            return row.waiting
        case "unpublished":
            return not row.fact.publish
    return True


def _matches(fact: Fact, searched: str) -> bool:
    values = " ".join(map(str, fact.values.values()))
    text = f"{fact.id} {fact.topic} {fact.statement} {values} {fact.phone} {fact.source}".casefold()
    return all(word in text for word in searched.casefold().split())
