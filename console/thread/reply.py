"""Writing to the person: the draft, what speaks against sending it, sending, and sending again."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, g, render_template, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit, drafts, handoff, outbox, safe_contact
from bot.models import Conversation, Direction, Message, Operator
from bot.models.columns import now
from bot.permissions import Permission
from bot.safe_contact import Concern
from console import access
from console.access import permit
from console.language import gettext as _
from console.thread import page, words

_LONGEST_REPLY = 1_500
_DOUBLE_LOOK_BACK = 10


def add_routes(console: Blueprint) -> None:
    console.add_url_rule(f"{page.BASE}/reply", "reply", reply, methods=["POST"])
    console.add_url_rule(f"{page.BASE}/draft", "keep_draft", keep_draft, methods=["POST"])
    console.add_url_rule(f"{page.BASE}/draft", "draft", draft)
    rule = f"{page.BASE}/messages/<int:message_id>/resend"
    console.add_url_rule(rule, "resend", resend, methods=["POST"])


@permit(Permission.CONVERSATION_ANSWER)
def reply(conversation_id: int) -> AnyResponse:
    """Queues the operator's words to the person, once for each page that was filled in.

    What speaks against sending is shown first, and sent once that very text was confirmed.
    """
    text = request.form.get("text", "").strip().replace("\r\n", "\n")
    key = request.form.get("form_key", "")
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        access.conversation(db, conversation_id)
        try:
            conversation = handoff.require_owner(db, conversation_id, operator)
            if not text or len(text) > _LONGEST_REPLY:
                flash(_("Write between 1 and %d characters.") % _LONGEST_REPLY)
                return page.back_to(conversation_id, "reply")
            if _was_sent(db, conversation, key):
                return page.back_to(conversation_id, "reply")
            concerns = safe_contact.concerns(conversation.contact, text, now())
            if concerns and not _is_confirmed(text, concerns):
                drafts.keep(db, conversation, operator, text)
                return page.back_to(conversation_id, "reply", ask=True)
            message = outbox.queue_operator_message(db, conversation, operator, text)
            message.understood = {"form_key": key}
            drafts.drop(db, conversation, operator)
            weighed = " ".join(found.danger for found in concerns)
            audit.record(db, operator, "reply", f"conversation:{conversation_id}", weighed)
        except handoff.NotYours:
            flash(_("This conversation isn't yours. Claim it before you answer."))
        except outbox.CannotSend as problem:
            flash(_cannot_send(problem))
    return page.back_to(conversation_id, "reply")


@permit(Permission.CONVERSATION_ANSWER)
def keep_draft(conversation_id: int) -> str:
    """Keeps what is being written, and answers what would speak against sending it."""
    text = request.form.get("text", "")[:_LONGEST_REPLY].replace("\r\n", "\n")
    with current.database().transaction() as db:
        conversation = access.conversation(db, conversation_id)
        operator = db.get_one(Operator, g.operator.id)
        if not page.mine(conversation):
            abort(409)
        # A draft that comes after its reply was sent (the page was just left) isn't kept.
        if not _was_sent(db, conversation, request.form.get("form_key", "")):
            drafts.keep(db, conversation, operator, text)
        concerns = safe_contact.concerns(conversation.contact, text, now())
    return render_template("console/thread/_warning.html", concerns=concerns, words=words)


@permit(Permission.CONVERSATION_ANSWER)
def draft(conversation_id: int) -> AnyResponse:
    """The operator's draft as it is kept now."""
    with current.database().reading() as db:
        conversation = access.conversation(db, conversation_id)
        text = drafts.of(db, conversation, db.get_one(Operator, g.operator.id))
    return Response(text, mimetype="text/plain")


@permit(Permission.CONVERSATION_ANSWER)
def resend(conversation_id: int, message_id: int) -> AnyResponse:
    """Sends a failed message again, once whatever is pressed how often."""
    try:
        with current.database().transaction() as db:
            operator = db.get_one(Operator, g.operator.id)
            access.conversation(db, conversation_id)
            handoff.require_owner(db, conversation_id, operator)
            message = db.get(Message, message_id)
            if message is None or message.conversation_id != conversation_id:
                abort(404)
            sent = _resend(db, message, operator)
            if sent:
                audit.record(
                    db, operator, "resend", f"conversation:{conversation_id}", f"message:{message_id}"
                )
                flash(_("The message is sent again."))
    except handoff.NotYours:
        flash(_("This conversation isn't yours. Claim it before you answer."))
    except outbox.CannotSend as problem:
        flash(_cannot_send(problem))
    except IntegrityError:
        flash(_("It was sent again already."))
    return page.back_to(conversation_id, "messages")


def _resend(db: Session, message: Message, operator: Operator) -> Message | None:
    contact = message.contact
    if contact is None or message.direction != Direction.OUT:
        abort(404)
    if safe_contact.concerns(contact, "", now()) and request.form.get("sure") != "yes":
        flash(_("Not sent: it isn't safe to write now. Tick the box beside the button if you are sure."))
        return None
    try:
        sent = outbox.resend(db, message, operator)
    except ValueError:
        flash(_("Only a message that failed is sent again."))
        return None
    if sent is None:
        flash(_("It was sent again already."))
    return sent


def _is_confirmed(text: str, concerns: list[Concern]) -> bool:
    if request.form.get("confirmed") != words.token(text, concerns):
        return False
    return request.form.get("sure") == "yes" or not words.must_be_sure(concerns)


def _was_sent(db: Session, conversation: Conversation, key: str) -> bool:
    query = (
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.direction == Direction.OUT)
        .order_by(Message.id.desc())
        .limit(_DOUBLE_LOOK_BACK)
    )
    return any((message.understood or {}).get("form_key") == key for message in db.scalars(query))


def _cannot_send(problem: outbox.CannotSend) -> str:
    if problem.reason == "stopped":
        return _("Not sent: the person asked us to stop. They can write again at any time.")
    return _("Not sent: the person blocked our messages.")
