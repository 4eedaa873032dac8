"""A break from the work: taken and ended by the operator."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, url_for
from werkzeug.wrappers import Response

import current
from bot import wellbeing
from bot.models import Operator
from bot.permissions import Permission
from console.access import permit
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/break", "take_break", take_break, methods=["POST"])
    console.add_url_rule("/break/end", "end_break", end_break, methods=["POST"])


@permit(Permission.CONVERSATION_ANSWER)
def take_break() -> Response:
    settings = current.settings()
    with current.database().transaction() as db:
        wellbeing.take_break(db, db.get_one(Operator, g.operator.id), settings)
    flash(_("Your break has begun. Your conversations stay with you; hand them over if they can't wait."))
    return redirect(url_for("console.queue_page"))


@permit(Permission.CONVERSATION_ANSWER)
def end_break() -> Response:
    with current.database().transaction() as db:
        wellbeing.end_break(db, db.get_one(Operator, g.operator.id))
    return redirect(url_for("console.queue_page"))
