"""Breaking the glass: opening another team's conversation with a reason, and what supervisors see of it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import current
from bot import openings
from bot.models import Conversation, Operator
from bot.permissions import Permission
from console import navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    navigation.add("console.openings_page", N_("Openings"), Permission.SUPERVISE, order=40)
    base = "/conversations/<int:conversation_id>/open"
    console.add_url_rule(base, "glass_page", glass_page)
    console.add_url_rule(base, "break_glass", break_glass, methods=["POST"])
    console.add_url_rule("/openings", "openings_page", openings_page)
    console.add_url_rule("/openings/<int:opening_id>", "review_opening", review_opening, methods=["POST"])


@permit(Permission.CONVERSATION_READ)
def glass_page(conversation_id: int) -> Response | str:
    """Asks why; tells nothing of the conversation but whose it is."""
    with current.database().reading() as db:
        conversation = db.get(Conversation, conversation_id) or abort(404)
        if openings.may_open(db, g.operator, conversation):
            return redirect(url_for("console.conversation_page", conversation_id=conversation_id))
        return _page(conversation)


@permit(Permission.CONVERSATION_READ)
def break_glass(conversation_id: int) -> Response | tuple[str, int]:
    with current.database().transaction() as db:
        conversation = db.get(Conversation, conversation_id) or abort(404)
        operator = db.get_one(Operator, g.operator.id)
        if not openings.may_open(db, operator, conversation):
            try:
                openings.open_with_reason(db, operator, conversation, request.form.get("reason", ""))
            except ValueError:
                least = _("Say in at least %d characters why you need to see it.") % openings.SHORTEST_REASON
                return _page(conversation, least), 400
    return redirect(url_for("console.conversation_page", conversation_id=conversation_id))


@permit(Permission.SUPERVISE)
def openings_page() -> str:
    with current.database().reading() as db:
        names = {operator.id: operator.name for operator in db.query(Operator)}
        return render_template("console/openings.html", openings=openings.newest(db), names=names)


@permit(Permission.SUPERVISE)
def review_opening(opening_id: int) -> Response:
    with current.database().transaction() as db:
        try:
            openings.review(db, opening_id, db.get_one(Operator, g.operator.id))
        except LookupError:
            abort(404)
        except ValueError:
            flash(_("Another supervisor must look at your own openings."))
    return redirect(url_for("console.openings_page"))


def _page(conversation: Conversation, problem: str = "") -> str:
    return render_template(
        "console/glass.html",
        conversation_id=conversation.id,
        team=conversation.team,
        minutes=int(openings.HOW_LONG.total_seconds() // 60),
        shortest=openings.SHORTEST_REASON,
        longest=openings.LONGEST_REASON,
        problem=problem,
    )
