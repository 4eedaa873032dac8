"""Beside a message: what the bot took it for, and saying what it really means."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot.learning import by_consent, examples
from bot.models import Contact, Conversation, Direction, Message, Operator
from bot.permissions import Permission
from console import access, meanings
from console.access import permit
from console.desk import words_for
from console.language import gettext as _

RULE = "/messages/<int:message_id>/meaning"


def add_routes(console: Blueprint) -> None:
    console.add_url_rule(RULE, "meaning_form", meaning_form)
    console.add_url_rule(RULE, "relabel", relabel, methods=["POST"])


@permit(Permission.CONVERSATION_ANSWER)
def meaning_form(message_id: int) -> str:
    """The form: beside the message where the page asks for it, else a page of its own."""
    with current.database().reading() as db:
        message, conversation = _get(db, message_id)
        return _page(message, conversation, examples.noted_meanings(db, [message_id]).get(message_id, ""))


@permit(Permission.CONVERSATION_ANSWER)
def relabel(message_id: int) -> str | Response:
    """Notes what a message means to the operator who reads it."""
    intent = request.form.get("intent", "")
    problem = ""
    try:
        with current.database().transaction() as db:
            message, _conversation = _get(db, message_id)
            examples.relabel(db, db.get_one(Operator, g.operator.id), message, intent)
            db.flush()
            by_consent.take(db, db.get_one(Contact, message.contact_id))
    except examples.NotLearnable as found:
        problem = words_for.learning_problem(found.problems[0])
    told = problem or _("Noted: %s. Thank you.") % meanings.meaning(intent)
    if _is_beside() and not problem:
        return render_template("console/desk/_meaning_noted.html", told=told)
    with current.database().reading() as db:
        message, conversation = _get(db, message_id)
        if problem:
            return _page(message, conversation, intent, problem)
    flash(told)
    page = url_for("console.conversation_page", conversation_id=conversation.id)
    return redirect(f"{page}#message-{message_id}")


def _page(message: Message, conversation: Conversation, chosen: str, problem: str = "") -> str:
    template = "_meaning_form" if _is_beside() else "meaning"
    return render_template(
        f"console/desk/{template}.html",
        message=message,
        conversation=conversation,
        groups=meanings.groups(),
        chosen=chosen,
        problem=problem,
    )


def _get(db: Session, message_id: int) -> tuple[Message, Conversation]:
    message = db.get(Message, message_id)
    if message is None or message.direction != Direction.IN or message.conversation_id is None:
        abort(404)
    return message, access.conversation(db, message.conversation_id)


def _is_beside() -> bool:
    return "HX-Request" in request.headers
