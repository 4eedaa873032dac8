"""The on-call rota: who is called to the queue when, and where nobody is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

import current
from bot import shifts
from bot.models import OnCallShift, Operator
from bot.models.columns import now
from bot.permissions import PERMISSIONS, Permission
from console.access import permit
from console.language import gettext as _

_PHNOM_PENH = timezone(timedelta(hours=7))
_SHOWN = timedelta(days=14)
_CHECKED = timedelta(days=7)


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/supervision/on-call", "rota", rota)
    console.add_url_rule("/supervision/on-call", "plan_shift", plan_shift, methods=["POST"])
    console.add_url_rule(
        "/supervision/on-call/<int:shift_id>/remove", "remove_shift", remove_shift, methods=["POST"]
    )


@permit(Permission.SUPERVISE)
def rota() -> str:
    at = now()
    with current.database().reading() as db:
        coming = shifts.coming(db, at + _SHOWN)
        first, backups = shifts.on_call(db)
        always = shifts.always_on_call(db)
        return render_template(
            "console/supervision/rota.html",
            shifts=coming,
            gaps=shifts.gaps([shift for shift, _operator in coming], at, at + _CHECKED),
            on_call=first,
            backups=backups,
            always=always,
            operators=_pageable(list(db.scalars(select(Operator).where(Operator.disabled_at.is_(None))))),
            open_hours=current.settings().open_hours,
            page_again=current.settings().page_again_minutes,
            today=at.astimezone(_PHNOM_PENH).date(),
            most_weeks=shifts.MOST_WEEKS,
        )


@permit(Permission.SUPERVISE)
def plan_shift() -> Response:
    fields = request.form
    try:
        day = date.fromisoformat(fields.get("day", ""))
        begins, ends = (time.fromisoformat(fields.get(name, "")) for name in ("from", "to"))
        starts_at = datetime.combine(day, begins, _PHNOM_PENH)
        ends_at = datetime.combine(day, ends, _PHNOM_PENH)
        if ends_at <= starts_at:  # over midnight
            ends_at += timedelta(days=1)
        weeks, number = int(fields.get("weeks", "1")), int(fields.get("operator", ""))
        with current.database().transaction() as db:
            operator = db.get(Operator, number)
            if operator is None or operator not in _pageable([operator]):
                flash(_("Choose who is on call. Only who answers conversations and has a pager can be."))
                return redirect(url_for("console.rota"))
            by = db.get_one(Operator, g.operator.id)
            backup = "backup" in fields
            shifts.plan(db, by, operator, starts_at, ends_at, backup=backup, weeks=weeks)
    except (ValueError, shifts.BadShift):
        flash(_("Give a day, two times and 1 to %d weeks.") % shifts.MOST_WEEKS)
    else:
        flash(_("On the rota."))
    return redirect(url_for("console.rota"))


@permit(Permission.SUPERVISE)
def remove_shift(shift_id: int) -> Response:
    with current.database().transaction() as db:
        shift = db.get(OnCallShift, shift_id)
        if shift is None:
            abort(404)
        shifts.remove(db, db.get_one(Operator, g.operator.id), shift)
    flash(_("Taken off the rota."))
    return redirect(url_for("console.rota"))


def _pageable(operators: list[Operator]) -> list[Operator]:
    """Those who can be called: they answer conversations and have a pager."""
    found = [
        one
        for one in operators
        if one.pager_address and Permission.CONVERSATION_ANSWER in PERMISSIONS[one.role]
    ]
    return sorted(found, key=lambda operator: operator.name.casefold())
