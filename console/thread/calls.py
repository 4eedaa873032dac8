"""Promised calls: planning one in a conversation, and the list of all that are to be made."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit, call_backs, linked, openings
from bot.models import CallBack, CallState, Channel, Contact, Operator
from bot.models.columns import now
from bot.permissions import Permission
from bot.safe_contact import PHNOM_PENH
from console import access, navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _
from console.thread import page, words

_LONGEST_NUMBER, _LONGEST_NOTE = 30, 300


def add_routes(console: Blueprint) -> None:
    console.add_url_rule(f"{page.BASE}/call-back", "plan_call", plan_call, methods=["POST"])
    console.add_url_rule("/calls", "calls_page", calls_page)
    console.add_url_rule("/calls/<int:call_id>", "end_call", end_call, methods=["POST"])
    console.add_url_rule("/calls/<int:call_id>/number", "call_number", call_number, methods=["POST"])
    navigation.add("console.calls_page", N_("Calls"), Permission.CONVERSATION_ANSWER, order=12, count=_count)


def _count() -> int:
    with current.database().reading() as db:
        return call_backs.count_overdue(db, g.operator)


@permit(Permission.CONVERSATION_ANSWER)
def plan_call(conversation_id: int) -> AnyResponse:
    """Promises the person a call."""
    fields = request.form
    number = fields.get("number", "").strip()[:_LONGEST_NUMBER]
    with current.database().transaction() as db:
        conversation = access.conversation(db, conversation_id)
        at = _time(fields.get("due_at", ""))
        if at is None or at <= now():
            flash(_("Choose a day and time that are still to come."))
        elif not number and not _written_from(db, conversation.contact_id):
            flash(_("This person has no telephone number here. Ask for one and write it down."))
        else:
            operator = db.get_one(Operator, g.operator.id)
            note = fields.get("note", "").strip()[:_LONGEST_NOTE]
            call_backs.schedule(db, operator, conversation, at, number, note)
            flash(_("The call is on the list and comes back to the queue when it is due."))
    return page.back_to(conversation_id, "call-back")


@permit(Permission.CONVERSATION_ANSWER)
def calls_page() -> str:
    """What is overdue, what is to come, and what ended lately."""
    with current.database().reading() as db:
        operator = db.get_one(Operator, g.operator.id)
        calls = call_backs.open_ones(db, operator)
        at = now()
        return render_template(
            "console/thread/calls.html",
            overdue=[call for call in calls if call.due_at <= at],
            to_come=[call for call in calls if call.due_at > at],
            ended=call_backs.ended(db, operator),
            words=words,
        )


@permit(Permission.CONVERSATION_ANSWER)
def end_call(call_id: int) -> AnyResponse:
    """Notes what became of a call: reached, nobody answered, or not wanted any more."""
    with current.database().transaction() as db:
        call, operator = _call(db, call_id), db.get_one(Operator, g.operator.id)
        outcome = request.form.get("outcome", "")
        again = _time(request.form.get("again_at", ""))
        if call.state != CallState.DUE:
            flash(_("This call was ended already."))
        elif outcome == "done":
            call_backs.done(db, operator, call)
        elif outcome == "cancel":
            call_backs.cancel(db, operator, call)
        elif outcome == "give_up":
            call_backs.no_answer(db, operator, call, None)
        elif outcome == "again" and again is not None and again > now():
            call_backs.no_answer(db, operator, call, again)
        else:
            flash(_("Choose a day and time that are still to come."))
    return redirect(url_for("console.calls_page"))


@permit(Permission.CONVERSATION_ANSWER)
def call_number(call_id: int) -> str:
    """The number to call, shown on demand and audited."""
    with current.database().transaction() as db:
        call, operator = _call(db, call_id), db.get_one(Operator, g.operator.id)
        audit.record(db, operator, "number_shown", f"call_back:{call.id}")
        number = call.number or _written_from(db, call.contact_id)
    return render_template("console/thread/_number.html", number=number)


def _call(db: Session, call_id: int) -> CallBack:
    call = db.get(CallBack, call_id)
    if call is None or not openings.may_open(db, g.operator, call.conversation):
        abort(404)
    return call


def _written_from(db: Session, contact_id: int) -> str:
    """The telephone number that the person writes from on any linked channel, "" where there is none."""
    group = linked.contacts(db, db.get_one(Contact, contact_id))
    return next((contact.address for contact in group if contact.channel == Channel.SMS), "")


def _time(value: str) -> datetime | None:
    """A local day and time of a form, as Phnom Penh's."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=PHNOM_PENH)
    except ValueError:
        return None
