"""The audit trail for auditors: who did what to which thing and when; no text of anybody is in it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

import current
from bot import audit
from bot.models import AuditEvent, Operator
from bot.permissions import Permission
from console import actions as plain
from console import navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _

_PHNOM_PENH = timezone(timedelta(hours=7))
_A_PAGE = 100


def add_routes(console: Blueprint) -> None:
    navigation.add("console.trail_page", N_("Audit trail"), Permission.AUDIT_READ, order=20)
    console.add_url_rule("/trail", "trail_page", trail_page)
    console.add_url_rule("/trail/verify", "verify_trail", verify_trail, methods=["POST"])


@permit(Permission.AUDIT_READ)
def trail_page() -> str | tuple[str, int]:
    """Entries, newest first, by who, what, about what, and days."""
    problem = ""
    try:
        conditions = _conditions()
    except ValueError:
        conditions, problem = [], _("A number or a date can't be read.")
    with current.database().reading() as db:
        query = select(AuditEvent).where(*conditions).order_by(AuditEvent.id.desc()).limit(_A_PAGE + 1)
        entries = list(db.scalars(query))
        names = {f"operator:{operator.id}": operator.name for operator in db.scalars(select(Operator))}
        actions = list(db.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))
    asked = {name: value for name, value in request.args.items() if name != "before" and value}
    older = {**asked, "before": entries[_A_PAGE - 1].id} if len(entries) > _A_PAGE else None
    page = render_template(
        "console/trail.html",
        entries=entries[:_A_PAGE],
        names=names,
        actions=sorted(((action, plain.words(action)) for action in actions), key=lambda pair: pair[1]),
        words=plain.words,
        older=older,
        problem=problem,
    )
    return (page, 400) if problem else page


@permit(Permission.AUDIT_READ)
def verify_trail() -> Response:
    """Follows the chain of hashes from the first entry; the check itself is an entry."""
    with current.database().transaction() as db:
        broken = audit.first_broken(db)
        result = "whole" if broken is None else f"broken:{broken}"
        audit.record(db, db.get_one(Operator, g.operator.id), "trail_verified", "audit", result)
    if broken is None:
        flash(_("The trail is whole: every entry follows from the one before."))
    else:
        flash(_("The trail is BROKEN at entry %d. Tell the manager and keep a backup as it is.") % broken)
    return redirect(url_for("console.trail_page"))


def _conditions() -> list[ColumnElement[bool]]:
    asked = request.args
    conditions: list[ColumnElement[bool]] = []
    if asked.get("who"):
        conditions.append(AuditEvent.actor == asked["who"])
    if asked.get("what"):
        conditions.append(AuditEvent.action == asked["what"])
    if asked.get("about"):
        conditions.append(AuditEvent.subject == asked["about"].strip())
    if asked.get("since"):
        conditions.append(AuditEvent.at >= _day(asked["since"]))
    if asked.get("until"):
        conditions.append(AuditEvent.at < _day(asked["until"]) + timedelta(days=1))
    if asked.get("before"):
        conditions.append(AuditEvent.id < int(asked["before"]))
    return conditions


def _day(text: str) -> datetime:
    """The beginning of that day in Phnom Penh."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=_PHNOM_PENH)
