"""The person's safe-contact settings, the end of the cover, and linking their channels."""

from __future__ import annotations

from flask import Blueprint, flash, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit, linked, safe_contact
from bot.models import Contact, Conversation, Operator
from bot.permissions import Permission
from bot.safe_contact import BadCodeWord, Refused
from bot.teams import seen_by
from console import access
from console.access import permit
from console.language import gettext as _
from console.thread import page

_LONGEST_NOTE = 500
_ANSWERS = {"yes": True, "no": False, "": None}


def add_routes(console: Blueprint) -> None:
    base = page.BASE
    console.add_url_rule(f"{base}/safe-contact", "safe_contact", save_safe_contact, methods=["POST"])
    console.add_url_rule(f"{base}/cover-end", "end_cover", end_cover, methods=["POST"])
    console.add_url_rule(f"{base}/link", "link_contact", link_contact, methods=["POST"])
    console.add_url_rule(f"{base}/unlink", "unlink_contact", unlink_contact, methods=["POST"])


@permit(Permission.CONVERSATION_ANSWER)
def save_safe_contact(conversation_id: int) -> AnyResponse:
    """Keeps what the person told about how they can be reached."""
    fields = request.form
    with current.database().transaction() as db:
        contact = access.conversation(db, conversation_id).contact
        try:
            code_word = safe_contact.check_code_word(fields["code_word"]) if fields.get("code_word") else None
        except BadCodeWord as bad:
            flash(_code_word_problem(bad.why))
            return page.back_to(conversation_id, "safe-contact")
        hours = _hour("quiet_from"), _hour("quiet_until")
        if (hours[0] is None) != (hours[1] is None) or (hours[0] is not None and hours[0] == hours[1]):
            flash(_("Give both hours between which not to write, or neither."))
            return page.back_to(conversation_id, "safe-contact")
        contact.safe_to_text = _ANSWERS.get(fields.get("safe_to_text", ""))
        contact.quiet_from, contact.quiet_until = hours
        contact.code_word = code_word
        contact.prefers_call = fields.get("prefers_call") == "yes"
        contact.contact_note = fields.get("contact_note", "").strip()[:_LONGEST_NOTE] or None
        operator = db.get_one(Operator, g.operator.id)
        audit.record(db, operator, "safe_contact", f"contact:{contact.id}")
    flash(_("Kept. Everybody who writes to this person sees it."))
    return page.back_to(conversation_id, "safe-contact")


@permit(Permission.CONVERSATION_ANSWER)
def end_cover(conversation_id: int) -> AnyResponse:
    """The person has the phone again: the conversation goes on as before."""
    with current.database().transaction() as db:
        contact = access.conversation(db, conversation_id).contact
        contact.covered_since = None
        operator = db.get_one(Operator, g.operator.id)
        audit.record(db, operator, "cover_end", f"contact:{contact.id}")
    flash(_("The harmless answers have ended. What the person writes now is for you alone."))
    return page.back_to(conversation_id)


@permit(Permission.CONVERSATION_ANSWER)
def link_contact(conversation_id: int) -> AnyResponse:
    """Makes this contact and the one of the given alias one person."""
    with current.database().transaction() as db:
        contact = access.conversation(db, conversation_id).contact
        other = linked.by_alias(db, request.form.get("alias", ""))
        if other is None or not _may_see_contact(db, other):
            flash(_("There is nobody of that alias whose conversations you may see."))
        elif other.id == contact.id:
            flash(_("That is this contact itself."))
        else:
            linked.link(db, db.get_one(Operator, g.operator.id), contact, other)
            flash(_("Linked. Both histories are shown together."))
    return page.back_to(conversation_id, "linked")


@permit(Permission.CONVERSATION_ANSWER)
def unlink_contact(conversation_id: int) -> AnyResponse:
    """Takes this contact out of the person it was linked with."""
    with current.database().transaction() as db:
        contact = access.conversation(db, conversation_id).contact
        linked.unlink(db, db.get_one(Operator, g.operator.id), contact)
    flash(_("Taken apart again."))
    return page.back_to(conversation_id, "linked")


def _may_see_contact(db: Session, contact: Contact) -> bool:
    query = select(Conversation).where(Conversation.contact_id == contact.id, seen_by(g.operator))
    return db.scalars(query.limit(1)).first() is not None


def _hour(name: str) -> int | None:
    value = request.form.get(name, "")
    return int(value) if value.isdecimal() and int(value) < 24 else None


def _code_word_problem(why: Refused) -> str:
    words = {
        Refused.TOO_SHORT: _("The code word is too short."),
        Refused.TOO_LONG: _("The code word is too long."),
        Refused.MEANS_SOMETHING: _("This word already does something else. Choose another code word."),
    }
    return words[why]
