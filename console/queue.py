"""The live queue: who waits, how urgently and how long; claiming one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import handoff
from bot.models import Contact, Conversation, Operator, State
from bot.models.columns import now
from bot.permissions import Permission
from bot.teams import may_see, seen_by
from console import labels, language, navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _

FILTERS = ("waiting", "mine", "all")
_MOST_ROWS = 200


@dataclass(frozen=True)
class Row:
    """One conversation in the list; nothing of what it says."""

    id: int
    priority: int
    priority_words: str
    reason: str
    waiting: str
    overdue: bool
    channel: str
    language: str
    owner: str
    is_waiting: bool


def add_routes(console: Blueprint) -> None:
    navigation.add("console.queue_page", N_("Queue"), Permission.QUEUE_READ, order=10)
    console.add_url_rule("/queue", "queue_page", queue_page)
    console.add_url_rule("/queue/rows", "queue_rows", queue_rows)
    console.add_url_rule("/conversations/<int:conversation_id>/claim", "claim", claim, methods=["POST"])


@permit(Permission.QUEUE_READ)
def queue_page() -> str:
    shown = _shown()
    with current.database().reading() as db:
        rows, waiting = _rows(db, shown), _waiting(db)
    return render_template(
        "console/queue.html", rows=rows, waiting=waiting, shown=shown, filters=FILTERS, version=_version(rows)
    )


@permit(Permission.QUEUE_READ)
def queue_rows() -> AnyResponse:
    """The list anew, or 204 where nothing changed, so that focus and scroll stay."""
    shown = _shown()
    with current.database().reading() as db:
        rows, waiting = _rows(db, shown), _waiting(db)
    version = _version(rows)
    if request.args.get("version") == version:
        return Response(status=204)
    return Response(
        render_template("console/_rows.html", rows=rows, waiting=waiting, shown=shown, version=version)
    )


@permit(Permission.CONVERSATION_ANSWER)
def claim(conversation_id: int) -> AnyResponse:
    """Takes the conversation; of several who try, one gets it and the others read who."""
    with current.database().transaction() as db:
        found = db.get(Conversation, conversation_id)
        if found is None or not may_see(g.operator, found):
            flash(_("This isn't here, or it isn't yours to see."))
            return redirect(url_for("console.queue_page"))
        try:
            handoff.claim(db, conversation_id, db.get_one(Operator, g.operator.id))
        except handoff.AlreadyClaimed as lost:
            who = lost.owner.name if lost.owner else _("somebody else")
            flash(_("%s was faster and has this conversation.") % who)
            return redirect(url_for("console.queue_page"))
    return redirect(url_for("console.conversation_page", conversation_id=conversation_id))


def _shown() -> str:
    shown = request.args.get("show", "waiting")
    return shown if shown in FILTERS else "waiting"


def _rows(db: Session, shown: str) -> list[Row]:
    conditions: dict[str, ColumnElement[bool]] = {
        "waiting": Conversation.state == State.WAITING,
        "mine": (Conversation.state == State.WITH_OPERATOR) & (Conversation.operator_id == g.operator.id),
        "all": Conversation.state.in_([State.WAITING, State.WITH_OPERATOR]),
    }
    query = (
        select(Conversation, Contact, Operator)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Operator, Operator.id == Conversation.operator_id)
        .where(conditions[shown], seen_by(g.operator))
        .order_by(Conversation.priority, Conversation.waiting_since)
        .limit(_MOST_ROWS)
    )
    return [_row(conversation, contact, operator) for conversation, contact, operator in db.execute(query)]


def _row(conversation: Conversation, contact: Contact, operator: Operator | None) -> Row:
    settings = current.settings()
    is_waiting = conversation.state == State.WAITING
    since = conversation.waiting_since
    late = timedelta(minutes=settings.answer_minutes)
    return Row(
        id=conversation.id,
        priority=conversation.priority or 4,
        priority_words=labels.priority(conversation.priority),
        reason=labels.reason(conversation.reason),
        waiting=language.waiting(since) if is_waiting else "",
        overdue=bool(is_waiting and since and now() - since > late),
        channel=contact.channel,
        language=labels.language(contact.form),
        owner=operator.name if operator else "",
        is_waiting=is_waiting,
    )


def _waiting(db: Session) -> int:
    waiting = (Conversation.state == State.WAITING) & seen_by(g.operator)
    return db.scalar(select(func.count(Conversation.id)).where(waiting)) or 0


def _version(rows: list[Row]) -> str:
    return hashlib.sha256(repr((g.language, rows)).encode()).hexdigest()[:16]
