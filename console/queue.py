"""The live queue: who waits, how urgently and how long; claiming one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import handoff, openings, teams, wellbeing
from bot.models import Conversation, Form, Operator, Priority, State
from bot.permissions import Permission, allows
from console import labels, navigation, queue_rows
from console.access import permit
from console.language import N_
from console.language import gettext as _
from console.queue_rows import ROWS_A_PAGE, SHOWN, Filter


def add_routes(console: Blueprint) -> None:
    navigation.add("console.queue_page", N_("Queue"), Permission.QUEUE_READ, order=10)
    console.add_app_template_global(labels.waited, "waited")
    console.add_app_template_global(labels.team, "team_name")
    console.add_url_rule("/queue", "queue_page", queue_page)
    console.add_url_rule("/queue/rows", "queue_rows", rows)
    console.add_url_rule("/queue/counts", "queue_counts", counts)
    console.add_url_rule("/conversations/<int:conversation_id>/claim", "claim", claim, methods=["POST"])


@permit(Permission.QUEUE_READ)
def queue_page() -> str:
    with current.database().reading() as db:
        return render_template(
            "console/queue.html",
            **_list(db),
            teams=teams.every(db),
            languages_written=[(form, labels.language(form)) for form in Form],
            break_suggested=wellbeing.needs_break(db, g.operator.id, current.settings()),
            in_a_row=current.settings().urgent_in_a_row,
            resting=g.operator.id in wellbeing.resting(db),
        )


@permit(Permission.QUEUE_READ)
def rows() -> AnyResponse:
    """The list anew, or 204 where nothing changed, so that focus and scroll stay."""
    with current.database().reading() as db:
        shown = _list(db)
    if request.args.get("version") == shown["version"]:
        return Response(status=204)
    return Response(render_template("console/_rows.html", **shown))


@permit(Permission.QUEUE_READ)
def counts() -> Response:
    """For the title, the menu and the notices of every page: numbers, and which wait in immediate danger."""
    with current.database().reading() as db:
        numbers = queue_rows.counts(db, g.operator)
        return jsonify(**numbers, urgent=queue_rows.urgent(db, g.operator), menu=navigation.counts())


@permit(Permission.CONVERSATION_ANSWER)
def claim(conversation_id: int) -> AnyResponse:
    """Takes the conversation; of several who try, one gets it and the others read who.

    Where a break is due, or a supervisor is asked for, it takes a second click.
    """
    with current.database().transaction() as db:
        found = db.get(Conversation, conversation_id)
        if found is None or not openings.may_open(db, g.operator, found):
            flash(_("This isn't here, or it isn't yours to see."))
            return redirect(url_for("console.queue_page"))
        if found.state == State.WAITING and "confirmed" not in request.form:
            doubts = _doubts(db, found)
            if doubts:
                return Response(
                    render_template("console/live/confirm_claim.html", doubts=doubts, conversation=found)
                )
        try:
            opening = openings.seen_only_by(db, g.operator, found)
            operator = db.get_one(Operator, g.operator.id)
            handoff.claim(db, conversation_id, operator, f"opening:{opening.id}" if opening else "")
        except handoff.AlreadyClaimed as lost:
            who = lost.owner.name if lost.owner else _("somebody else")
            flash(_("%s was faster and has this conversation.") % who)
            return redirect(url_for("console.queue_page"))
    return redirect(url_for("console.conversation_page", conversation_id=conversation_id))


def _doubts(db: Session, conversation: Conversation) -> list[str]:
    """What the operator should think of before they claim."""
    found = []
    urgent = conversation.priority == Priority.IMMEDIATE_DANGER
    if urgent and wellbeing.needs_break(db, g.operator.id, current.settings()):
        taken = wellbeing.urgent_in_a_row(db, g.operator.id)
        words = _("You took %d conversations about immediate danger in a row. Can a colleague take this one?")
        found.append(words % taken)
    if conversation.for_supervisor and not allows(g.operator, Permission.SUPERVISE):
        found.append(_("A colleague passed this up to the supervisors. Claim it only if none of them comes."))
    return found


def _list(db: Session) -> dict[str, Any]:
    wanted = _wanted()
    settings, brand = current.settings(), current.settings().brand
    found = queue_rows.rows(db, g.operator, wanted, settings, g.language)
    numbers = queue_rows.counts(db, g.operator)
    total = queue_rows.number_of(db, g.operator, wanted)
    # The clocks go on in the page; a row is new only when something else of it is.
    still = [
        (row.id, row.state, row.owner, row.unread, row.given_by, row.reason, row.priority) for row in found
    ]
    return {
        "rows": found,
        "counts": numbers,
        "total": total,
        "pages": -(-total // ROWS_A_PAGE) or 1,
        "wanted": wanted,
        "tabs": _tabs(),
        "first": (wanted.page - 1) * ROWS_A_PAGE + 1,
        "version": queue_rows.version(g.language, brand, numbers, total, still),
    }


def _tabs() -> list[tuple[str, str]]:
    words = {
        "waiting": _("Waiting"),
        "mine": _("Mine"),
        "others": _("With others"),
        "closed": _("Closed"),
    }
    return [(name, words[name]) for name in SHOWN]


def _wanted() -> Filter:
    shown = request.args.get("show", "waiting")
    language = request.args.get("language", "")
    page = request.args.get("page", 1, type=int)
    return Filter(
        shown=shown if shown in SHOWN else "waiting",
        language=language if language in list(Form) else "",
        team=request.args.get("team", "")[:32],
        page=max(page, 1),
    )
