"""Internal notes, and the list of conversations to which colleagues called the operator."""

from __future__ import annotations

from flask import Blueprint, flash, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit, mentions
from bot.models import Operator
from bot.permissions import Permission
from console import access, navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _
from console.thread import page

_LONGEST_NOTE = 1_500


def add_routes(console: Blueprint) -> None:
    console.add_url_rule(f"{page.BASE}/note", "note", note, methods=["POST"])
    console.add_url_rule("/mentions", "mentions_page", mentions_page)
    console.add_url_rule("/mentions/newest", "newest_mention", newest_mention)
    console.add_app_template_global(_calls, "calls_to_me")
    navigation.add("console.mentions_page", N_("Mentions"), Permission.NOTE, order=14, count=_count)


def _calls() -> list[mentions.Call]:
    with current.database().reading() as db:
        return mentions.unread(db, g.operator)


def _count() -> int:
    with current.database().reading() as db:
        return mentions.count_unread(db, g.operator)


@permit(Permission.NOTE)
def note(conversation_id: int) -> AnyResponse:
    """Keeps an internal note; it is never sent."""
    text = request.form.get("text", "").strip()[:_LONGEST_NOTE]
    with current.database().transaction() as db:
        conversation = access.conversation(db, conversation_id)
        if text:
            operator = db.get_one(Operator, g.operator.id)
            _kept, outside = mentions.note(db, conversation, operator, text)
            audit.record(db, operator, "note", f"conversation:{conversation_id}")
            for colleague in outside:
                flash(_("%s can't see this conversation and wasn't told.") % colleague.name)
    return page.back_to(conversation_id, "note")


@permit(Permission.NOTE)
def mentions_page() -> str:
    """Unread mentions: where, by whom, and nothing of what the note says."""
    return render_template("console/thread/mentions.html", calls=_calls())


@permit(Permission.NOTE)
def newest_mention() -> str:
    """Who calls the operator now, for the line on top of every page."""
    return render_template("console/thread/_called.html")
