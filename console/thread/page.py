"""One conversation: everything that was said on any channel, and what the operator needs beside it."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import (
    audit,
    call_backs,
    canned,
    drafts,
    facts,
    handoff,
    linked,
    mentions,
    openings,
    protocols,
    safe_contact,
    wrap_up,
)
from bot.learning import examples
from bot.models import (
    Channel,
    Consent,
    Conversation,
    Escalation,
    Form,
    Message,
    Need,
    Note,
    Operator,
    Referral,
    State,
)
from bot.models.columns import now
from bot.permissions import Permission
from bot.places import provinces
from bot.teams import may_see
from console import access, labels, meanings
from console.access import permit
from console.thread import words

BASE = "/conversations/<int:conversation_id>"
_MOST_EARLIER = 20


def add_routes(console: Blueprint) -> None:
    console.add_url_rule(BASE, "conversation_page", conversation_page)
    console.add_url_rule(f"{BASE}/messages", "conversation_messages", conversation_messages)


@permit(Permission.CONVERSATION_READ)
def conversation_page(conversation_id: int) -> str:
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        conversation = access.conversation(db, conversation_id)
        audit.record(db, operator, "read", f"conversation:{conversation_id}")
        mentions.read(db, conversation, operator)
    with current.database().reading() as db:
        operator = db.get_one(Operator, g.operator.id)
        conversation = access.conversation(db, conversation_id)
        is_mine = mine(conversation)
        return render_template(
            "console/conversation.html",
            **_thread(db, conversation),
            **_beside(db, conversation),
            **(_writing(db, conversation, operator) if is_mine else {}),
            mine=is_mine,
            waiting=conversation.state == State.WAITING,
            opening=openings.seen_only_by(db, g.operator, conversation),
            form_key=secrets.token_hex(8),
            words=words,
        )


@permit(Permission.CONVERSATION_READ)
def conversation_messages(conversation_id: int) -> AnyResponse:
    """The messages anew, or 204 where nothing changed."""
    with current.database().reading() as db:
        conversation = access.conversation(db, conversation_id)
        thread = _thread(db, conversation)
        if request.args.get("version") == thread["version"]:
            return Response(status=204)
        page = render_template("console/thread/_messages_anew.html", **thread, mine=mine(conversation))
    return Response(page)


def mine(conversation: Conversation) -> bool:
    """Whether the signed-in operator has the conversation."""
    return conversation.state == State.WITH_OPERATOR and conversation.operator_id == g.operator.id


def back_to(conversation_id: int, part: str = "", *, ask: bool = False, protocol: str = "") -> AnyResponse:
    """To the conversation's page, at the element `part` of it; `ask` shows what speaks against sending."""
    address = url_for(
        "console.conversation_page",
        conversation_id=conversation_id,
        ask="1" if ask else None,
        protocol=protocol or None,
    )
    return redirect(f"{address}#{part}" if part else address)


def _thread(db: Session, conversation: Conversation) -> dict[str, Any]:
    entries = _entries(db, conversation)
    again = select(Message.resend_of_id).where(
        Message.conversation_id == conversation.id, Message.resend_of_id.is_not(None)
    )
    return {
        "conversation": conversation,
        "entries": entries,
        "resent": set(db.scalars(again)),
        "names": {operator.id: operator.name for operator in db.scalars(select(Operator))},
        "version": _version(entries, conversation),
        "quiet_now": safe_contact.is_quiet(conversation.contact, now()),
        "labels": labels,
        "meanings": meanings,
        "noted": examples.noted_meanings(db, [e.id for e in entries if isinstance(e, Message)]),
    }


def _beside(db: Session, conversation: Conversation) -> dict[str, Any]:
    """What is known of the person and the case."""
    contact = conversation.contact
    group = linked.contacts(db, contact)
    ids = [member.id for member in group]
    earlier = linked.earlier(db, conversation, _MOST_EARLIER)
    escalations = select(Escalation).where(Escalation.conversation_id == conversation.id)
    open_kinds = protocols.for_conversation(db, conversation)
    chosen = request.args.get("protocol", "")
    every = protocols.every(db)
    if chosen in every and chosen not in open_kinds:
        open_kinds = [*open_kinds, chosen]
    ticked = protocols.ticks(db, conversation)
    return {
        "contact": contact,
        "linked": [member for member in group if member.id != contact.id],
        "earlier": [
            (old, _entries(db, old) if openings.may_open(db, g.operator, old) else None) for old in earlier
        ],
        "escalations": list(db.scalars(escalations.order_by(Escalation.id))),
        "owner": db.get(Operator, conversation.operator_id) if conversation.operator_id else None,
        "consents": list(db.scalars(_of(Consent, ids))),
        "needs": list(db.scalars(_of(Need, ids))),
        "referrals": list(db.scalars(_of(Referral, ids))),
        "provinces": provinces(),
        "calls": call_backs.of(db, conversation),
        "protocols": [every[kind] for kind in open_kinds],
        "other_protocols": [p for kind, p in every.items() if kind not in open_kinds],
        "ticked": ticked,
        "is_child": protocols.is_child(conversation, ticked),
        "told": lambda text: canned.fill(text, current.settings().brand),
        "wrapped_up": wrap_up.of(db, conversation),
        "sensitive": handoff.is_sensitive(db, conversation),
    }


def _writing(db: Session, conversation: Conversation, operator: Operator) -> dict[str, Any]:
    """What the reply box and the wrap-up need, where the conversation is the operator's."""
    contact = conversation.contact
    draft = drafts.of(db, conversation, operator)
    concerns = safe_contact.concerns(contact, draft, now()) if request.args.get("ask") else []
    brand = current.settings().brand
    return {
        "draft": draft,
        "concerns": concerns,
        "confirmed": words.token(draft, concerns),
        # What one SMS segment costs; None where the channel costs nothing.
        "price": current.settings().sms_price if contact.channel == Channel.SMS else None,
        "canned": [
            (reply, canned.fill(reply.texts[Form(contact.form)], brand)) for reply in canned.every(db)
        ],
        "outcomes": [(name, labels.outcome(name)) for name in handoff.OUTCOMES],
        "topics": [(name, words.topic(name)) for name in wrap_up.TOPICS],
        "tellable": words.referral_choices(),
        "first_day": facts.today(),
        "undone": protocols.undone(db, conversation),
        "colleagues": [
            other.name
            for other in db.scalars(select(Operator).where(Operator.disabled_at.is_(None)))
            if other.id != operator.id and may_see(other, conversation)
        ],
    }


def _of(table: Any, contact_ids: list[int]) -> Any:
    return select(table).where(table.contact_id.in_(contact_ids)).order_by(table.id.desc())


def _entries(db: Session, conversation: Conversation) -> list[Message | Note]:
    """Messages and notes in the order in which they came."""
    messages = db.scalars(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
    )
    notes = db.scalars(select(Note).where(Note.conversation_id == conversation.id).order_by(Note.id))
    entries: list[Message | Note] = [*messages, *notes]
    return sorted(entries, key=lambda entry: entry.at if isinstance(entry, Note) else entry.created_at)


def _version(entries: list[Message | Note], conversation: Conversation) -> str:
    states = [(e.id, e.state if isinstance(e, Message) else "note") for e in entries]
    covered = conversation.contact.covered_since
    content = repr((g.language, states, conversation.state, conversation.priority, covered))
    return hashlib.sha256(content.encode()).hexdigest()[:16]
