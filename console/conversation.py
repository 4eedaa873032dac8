"""One conversation: reading it, answering, noting, closing it or handing it back to the bot."""

from __future__ import annotations

import hashlib
import secrets

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit, handoff, outbox
from bot.models import Conversation, Direction, Escalation, Form, Message, Note, Operator, State
from bot.permissions import Permission
from bot.replies import PERSON_KEY
from bot.words import say
from console import access, labels
from console.access import permit
from console.language import gettext as _

_LONGEST_REPLY = 1_500
_DOUBLE_LOOK_BACK = 10


def add_routes(console: Blueprint) -> None:
    base = "/conversations/<int:conversation_id>"
    console.add_url_rule(base, "conversation_page", conversation_page)
    console.add_url_rule(f"{base}/messages", "conversation_messages", conversation_messages)
    console.add_url_rule(f"{base}/reply", "reply", reply, methods=["POST"])
    console.add_url_rule(f"{base}/note", "note", note, methods=["POST"])
    console.add_url_rule(f"{base}/close", "close", close, methods=["POST"])
    console.add_url_rule(f"{base}/hand-back", "hand_back", hand_back, methods=["POST"])


@permit(Permission.CONVERSATION_READ)
def conversation_page(conversation_id: int) -> str:
    with current.database().transaction() as db:
        conversation = access.conversation(db, conversation_id)
        audit.record(db, db.get_one(Operator, g.operator.id), "read", f"conversation:{conversation_id}")
        entries = _entries(db, conversation)
        owner = db.get(Operator, conversation.operator_id) if conversation.operator_id else None
        escalations = select(Escalation).where(Escalation.conversation_id == conversation_id)
        return render_template(
            "console/conversation.html",
            conversation=conversation,
            contact=conversation.contact,
            entries=entries,
            names=_names(db),
            version=_version(entries, conversation),
            owner=owner,
            mine=_is_mine(conversation),
            waiting=conversation.state == State.WAITING,
            earlier=_earlier(db, conversation),
            escalations=list(db.scalars(escalations.order_by(Escalation.id))),
            outcomes=[(name, labels.outcome(name)) for name in handoff.OUTCOMES],
            form_key=secrets.token_hex(8),
            labels=labels,
        )


@permit(Permission.CONVERSATION_READ)
def conversation_messages(conversation_id: int) -> AnyResponse:
    """The messages anew, or 204 where nothing changed."""
    with current.database().reading() as db:
        conversation = access.conversation(db, conversation_id)
        entries = _entries(db, conversation)
        version = _version(entries, conversation)
        if request.args.get("version") == version:
            return Response(status=204)
        page = render_template(
            "console/_messages.html",
            conversation=conversation,
            entries=entries,
            version=version,
            names=_names(db),
            labels=labels,
        )
    return Response(page)


@permit(Permission.CONVERSATION_ANSWER)
def reply(conversation_id: int) -> AnyResponse:
    """Queues the operator's words to the person, once for each page that was filled in."""
    text = request.form.get("text", "").strip()
    key = request.form.get("form_key", "")
    with current.database().transaction() as db:
        try:
            conversation = handoff.require_owner(db, conversation_id, g.operator)
            if not text or len(text) > _LONGEST_REPLY:
                flash(_("Write between 1 and %d characters.") % _LONGEST_REPLY)
            elif not _was_sent(db, conversation, key):
                operator = db.get_one(Operator, g.operator.id)
                message = outbox.queue_operator_message(db, conversation, operator, text)
                message.understood = {"form_key": key}
                audit.record(db, operator, "reply", f"conversation:{conversation_id}")
        except handoff.NotYours:
            flash(_("This conversation isn't yours. Claim it before you answer."))
        except outbox.CannotSend as problem:
            stopped = _("Not sent: the person asked us to stop. They can write again at any time.")
            blocked = _("Not sent: the person blocked our messages.")
            flash(stopped if problem.reason == "stopped" else blocked)
    return _back_to(conversation_id)


@permit(Permission.NOTE)
def note(conversation_id: int) -> AnyResponse:
    """Keeps an internal note; it is never sent."""
    text = request.form.get("text", "").strip()
    with current.database().transaction() as db:
        access.conversation(db, conversation_id)
        if text:
            operator = db.get_one(Operator, g.operator.id)
            db.add(Note(conversation_id=conversation_id, operator_id=operator.id, body=text[:_LONGEST_REPLY]))
            audit.record(db, operator, "note", f"conversation:{conversation_id}")
    return _back_to(conversation_id)


@permit(Permission.CONVERSATION_ANSWER)
def close(conversation_id: int) -> AnyResponse:
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        try:
            handoff.close(db, conversation_id, operator, request.form.get("outcome", ""))
        except handoff.NotYours:
            flash(_("This conversation isn't yours. Claim it before you close it."))
            return _back_to(conversation_id)
        except ValueError:
            flash(_("Choose how it ended."))
            return _back_to(conversation_id)
    flash(_("Closed."))
    return redirect(url_for("console.queue_page"))


@permit(Permission.CONVERSATION_ANSWER)
def hand_back(conversation_id: int) -> AnyResponse:
    """Gives the conversation back to the bot and tells the person so."""
    settings = current.settings()
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        try:
            conversation = handoff.hand_back(db, conversation_id, operator)
        except handoff.NotYours:
            flash(_("This conversation isn't yours. Claim it before you hand it back."))
            return _back_to(conversation_id)
        contact = conversation.contact
        if not contact.stopped_at and not contact.blocked_at:
            values = {"brand": settings.brand, "person": PERSON_KEY}
            words = say("handed_back", Form(contact.form), values)
            outbox.queue_notice(db, conversation, [words], with_person=True)
    flash(_("Handed back to the bot."))
    return redirect(url_for("console.queue_page"))


def _entries(db: Session, conversation: Conversation) -> list[Message | Note]:
    """Messages and notes in the order in which they came."""
    messages = db.scalars(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
    )
    notes = db.scalars(select(Note).where(Note.conversation_id == conversation.id).order_by(Note.id))
    entries: list[Message | Note] = [*messages, *notes]
    return sorted(entries, key=lambda entry: entry.at if isinstance(entry, Note) else entry.created_at)


def _names(db: Session) -> dict[int, str]:
    return {operator.id: operator.name for operator in db.scalars(select(Operator))}


def _earlier(db: Session, conversation: Conversation) -> list[tuple[Conversation, list[Message | Note]]]:
    query = (
        select(Conversation)
        .where(Conversation.contact_id == conversation.contact_id, Conversation.id < conversation.id)
        .order_by(Conversation.id.desc())
        .limit(10)
    )
    return [(earlier, _entries(db, earlier)) for earlier in db.scalars(query)]


def _was_sent(db: Session, conversation: Conversation, key: str) -> bool:
    query = (
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.direction == Direction.OUT)
        .order_by(Message.id.desc())
        .limit(_DOUBLE_LOOK_BACK)
    )
    return any((message.understood or {}).get("form_key") == key for message in db.scalars(query))


def _is_mine(conversation: Conversation) -> bool:
    return conversation.state == State.WITH_OPERATOR and conversation.operator_id == g.operator.id


def _version(entries: list[Message | Note], conversation: Conversation) -> str:
    states = [(e.id, e.state if isinstance(e, Message) else "note") for e in entries]
    content = repr((g.language, states, conversation.state, conversation.priority))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _back_to(conversation_id: int) -> AnyResponse:
    return redirect(url_for("console.conversation_page", conversation_id=conversation_id))
