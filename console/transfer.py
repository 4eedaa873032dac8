"""Giving a conversation on, from its page or the supervisors' board; handing over at the end of a shift."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import handoff, openings, paging, shifts, teams, transfers
from bot.models import Conversation, Operator, State
from bot.permissions import Permission, allows
from console import access, labels, navigation
from console.access import permit
from console.language import N_
from console.language import gettext as _

_LONGEST_NOTE = 1_500
SUPERVISORS = "supervisors"


def add_routes(console: Blueprint) -> None:
    navigation.add("console.hand_over_page", N_("Hand over"), Permission.TRANSFER, order=20)
    address = "/conversations/<int:conversation_id>/transfer"
    console.add_url_rule(address, "transfer_page", transfer_page)
    console.add_url_rule(address, "transfer", transfer, methods=["POST"])
    console.add_url_rule("/hand-over", "hand_over_page", hand_over_page)
    console.add_url_rule("/hand-over", "hand_over", hand_over, methods=["POST"])


@dataclass(frozen=True)
class Target:
    """Whom a conversation can be given to: the form's value and the words for it."""

    value: str
    words: str


@permit(Permission.TRANSFER)
def transfer_page(conversation_id: int) -> str:
    """The form alone for the conversation's page, else a page of its own."""
    with current.database().reading() as db:
        conversation = access.conversation(db, conversation_id)
        owner = db.get(Operator, conversation.operator_id) if conversation.operator_id else None
        colleagues, groups = _targets(db, without=conversation.operator_id)
        if openings.seen_only_by(db, g.operator, conversation):
            colleagues, groups = [], _own(groups)
    template = "_transfer_form.html" if request.headers.get("HX-Request") else "transfer.html"
    return render_template(
        f"console/live/{template}",
        conversation=conversation,
        owner=owner,
        colleagues=colleagues,
        groups=groups,
        labels=labels,
    )


@permit(Permission.TRANSFER)
def transfer(conversation_id: int) -> Response:
    note = request.form.get("note", "").strip()[:_LONGEST_NOTE]
    back = redirect(url_for("console.conversation_page", conversation_id=conversation_id))
    if not note:
        flash(_("Write a note first: whoever takes over needs to know why."))
        return back
    with current.database().transaction() as db:
        access.conversation(db, conversation_id)
        problem = _give(db, conversation_id, request.form.get("to", ""), note)
    flash(problem or _("Given on."))
    if problem:
        return back
    is_supervisor = allows(g.operator, Permission.SUPERVISE) and "board" in request.form
    return redirect(url_for("console.board" if is_supervisor else "console.queue_page"))


@permit(Permission.TRANSFER)
def hand_over_page() -> str:
    """Everything that the operator has (or, for a supervisor, a colleague), to be given on at once."""
    with current.database().reading() as db:
        owner = _whose(db)
        colleagues, groups = _targets(db, without=owner.id)
        return render_template(
            "console/live/hand_over.html",
            owner=owner,
            is_own=owner.id == g.operator.id,
            conversations=_held_by(db, owner),
            colleagues=colleagues,
            groups=groups,
            labels=labels,
        )


@permit(Permission.TRANSFER)
def hand_over() -> Response:
    """Gives on each conversation to where its line says, else where the first line says."""
    general = request.form.get("note", "").strip()[:_LONGEST_NOTE]
    given, problems = 0, []
    with current.database().transaction() as db:
        owner = _whose(db)
        for conversation in _held_by(db, owner):
            to = request.form.get(f"to_{conversation.id}") or request.form.get("to", "")
            note = request.form.get(f"note_{conversation.id}", "").strip()[:_LONGEST_NOTE] or general
            if to == "keep":
                continue
            problem = _give(db, conversation.id, to, note) if note else _("It needs a note.")
            if problem:
                problems.append(_("no. %(number)d") % {"number": conversation.id} + f": {problem}")
            else:
                given += 1
    if given:
        flash(_("Conversations given on: %d.") % given)
    for problem in problems:
        flash(problem)
    if problems or not given:
        return redirect(url_for("console.hand_over_page", operator=request.form.get("operator")))
    return redirect(url_for("console.queue_page"))


def _give(db: Session, conversation_id: int, to: str, note: str) -> str:
    """Gives it on; what went wrong in words, empty where nothing did."""
    by = db.get_one(Operator, g.operator.id)
    kind, _colon, name = to.partition(":")
    try:
        if kind == "operator" and name.isdecimal():
            receiver = db.get(Operator, int(name))
            if receiver is None:
                return _("Choose who shall have it.")
            transfers.to_operator(db, conversation_id, by, receiver, note)
        elif kind == "team":
            team = None if name == teams.FRONT_DESK else teams.by_keys(db, [name])[0]
            conversation = transfers.to_team(db, conversation_id, by, team, note)
            paging.page_on_call(db, conversation, current.settings())
        elif kind == SUPERVISORS:
            conversation = transfers.to_supervisors(db, conversation_id, by, note)
            paging.page_on_call(db, conversation, current.settings())
        else:
            return _("Choose who shall have it.")
    except teams.NoSuchTeam:
        return _("Choose who shall have it.")
    except transfers.NotThere:
        return _("This colleague isn't at their desk now. Choose another one, or a team.")
    except handoff.NotYours:
        return _("This conversation isn't yours to give on.")
    return ""


def _targets(db: Session, without: int | None) -> tuple[list[Target], list[Target]]:
    """The colleagues who can take a conversation, each with their load, and the teams."""
    held = select(Conversation.operator_id, func.count(Conversation.id).label("number"))
    held = held.where(Conversation.state == State.WITH_OPERATOR).group_by(Conversation.operator_id)
    load = {row.operator_id: row.number for row in db.execute(held)}
    words = _("%(name)s, has %(number)d")
    colleagues = [
        Target(f"operator:{one.id}", words % {"name": one.name, "number": load.get(one.id, 0)})
        for one in shifts.available(db)
        if one.id != without
    ]
    groups = [Target(f"team:{team.key}", labels.team(team)) for team in teams.every(db)]
    return colleagues, [*groups, Target(SUPERVISORS, _("up to the supervisors"))]


def _own(groups: list[Target]) -> list[Target]:
    """Where an operator may pass what they see by an opening alone: to their teams, or up."""
    values = {f"team:{team.key}" for team in g.operator.teams} | {SUPERVISORS}
    return [target for target in groups if target.value in values]


def _held_by(db: Session, owner: Operator) -> list[Conversation]:
    query = select(Conversation).where(
        Conversation.state == State.WITH_OPERATOR, Conversation.operator_id == owner.id
    )
    return list(db.scalars(query.order_by(Conversation.priority, Conversation.id)))


def _whose(db: Session) -> Operator:
    """Whose conversations are handed over: one's own, for supervisors anybody's."""
    number = request.values.get("operator", type=int)
    if number is None or number == g.operator.id:
        return db.get_one(Operator, g.operator.id)
    if not allows(g.operator, Permission.SUPERVISE):
        abort(403)
    found = db.get(Operator, number)
    if found is None:
        abort(404)
    return found
