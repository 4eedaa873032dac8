"""The end of an operator's part: the wrap-up that closes a conversation, or handing it back."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import drafts, handoff, notices, outbox, safe_contact, wrap_up
from bot.models import Form, Operator
from bot.models.columns import now
from bot.permissions import Permission
from bot.wrap_up import Ending, Incomplete
from console import access
from console.access import permit
from console.language import gettext as _
from console.thread import page

_LONGEST_OTHER = 200


def add_routes(console: Blueprint) -> None:
    console.add_url_rule(f"{page.BASE}/close", "close", close, methods=["POST"])
    console.add_url_rule(f"{page.BASE}/hand-back", "hand_back", hand_back, methods=["POST"])


@permit(Permission.CONVERSATION_ANSWER)
def close(conversation_id: int) -> AnyResponse:
    """Keeps the wrap-up and closes; says what lacks where it isn't complete."""
    fields = request.form
    other = fields.get("other_referral", "").strip()[:_LONGEST_OTHER]
    try:
        ending = Ending(
            outcome=fields.get("outcome", ""),
            topics=tuple(fields.getlist("topics")),
            referrals=tuple(fields.getlist("referrals")) + ((other,) if other else ()),
            note=fields.get("note", "").strip()[: wrap_up.LONGEST_NOTE],
            follow_up_on=date.fromisoformat(fields["follow_up_on"]) if fields.get("follow_up_on") else None,
        )
        with current.database().transaction() as db:
            access.conversation(db, conversation_id)
            wrap_up.close(db, conversation_id, db.get_one(Operator, g.operator.id), ending)
    except handoff.NotYours:
        flash(_("This conversation isn't yours. Claim it before you close it."))
        return page.back_to(conversation_id)
    except Incomplete as problem:
        flash(_lacks(problem.what))
        return page.back_to(conversation_id, "wrap-up")
    except ValueError:
        flash(_lacks("date"))
        return page.back_to(conversation_id, "wrap-up")
    flash(_("Closed."))
    return redirect(url_for("console.queue_page"))


@permit(Permission.CONVERSATION_ANSWER)
def hand_back(conversation_id: int) -> AnyResponse:
    """Gives the conversation back to the bot and tells the person so, where writing is safe."""
    settings = current.settings()
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        access.conversation(db, conversation_id)
        try:
            conversation = handoff.hand_back(db, conversation_id, operator)
        except handoff.NotYours:
            flash(_("This conversation isn't yours. Claim it before you hand it back."))
            return page.back_to(conversation_id)
        drafts.drop(db, conversation)
        contact = conversation.contact
        if safe_contact.may_write(contact, now()):
            words = notices.handed_back(request.form.get("why", ""), Form(contact.form), settings)
            outbox.queue_notice(db, conversation, words, with_person=True)
            flash(_("Handed back to the bot."))
        else:
            flash(_("Handed back to the bot. The person wasn't told, as it isn't safe to write now."))
    return redirect(url_for("console.queue_page"))


def _lacks(what: str) -> str:
    words = {
        "outcome": _("Choose how it ended."),
        "topics": _("Say what it was about: a sensitive conversation needs at least one topic."),
        "date": _("The follow-up needs a day between tomorrow and a year from now."),
        "referrals": _("Say whom the person was referred to."),
        "steps": _("Mandatory steps aren't ticked. Tick them, or write in the note why not."),
    }
    return words[what]
