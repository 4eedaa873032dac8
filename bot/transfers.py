"""Giving a conversation on: to a colleague, to a team, or up to the supervisors, with a note.

To a team or up means back in the queue, with the waiting time it had. To a colleague means that they
have it, unless they don't open it in time: then it is in the queue again (`return_unattended`).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot import audit, openings, shifts
from bot.handoff import NotYours
from bot.models import (
    Conversation,
    Direction,
    Escalation,
    Look,
    Message,
    Note,
    Operator,
    State,
    Team,
    Transfer,
)
from bot.models.columns import now
from bot.permissions import Permission, allows
from bot.settings import Settings
from bot.teams import FRONT_DESK


class NotThere(Exception):
    """The colleague isn't on shift, rests, or doesn't answer conversations."""


def to_operator(
    session: Session, conversation_id: int, by: Operator, receiver: Operator, note: str
) -> Conversation:
    """Gives the conversation to `receiver`, who sees it marked. Raises NotYours, NotThere."""
    conversation = _hold(session, conversation_id, by)
    available = {operator.id for operator in shifts.available(session)}
    if receiver.id == conversation.operator_id or receiver.id not in available:
        raise NotThere
    transfer = _note_down(session, conversation, by, note, f"to operator:{receiver.id}")
    transfer.to_id = receiver.id
    waited = conversation.state == State.WAITING
    conversation.state = State.WITH_OPERATOR
    conversation.operator_id = receiver.id
    conversation.claimed_at = now()
    conversation.for_supervisor = False
    if waited:
        session.execute(
            update(Escalation)
            .where(Escalation.conversation_id == conversation.id, Escalation.claimed_at.is_(None))
            .values(claimed_at=now(), operator_id=receiver.id)
        )
    return conversation


def to_team(
    session: Session, conversation_id: int, by: Operator, team: Team | None, note: str
) -> Conversation:
    """Puts the conversation into the queue of `team` (None: everybody's). Raises NotYours.

    Who opened a waiting one with a reason may pass it to a team of their own.
    """
    conversation = _hold(session, conversation_id, by, may_take=_is_own(by, team))
    where = f"to team:{team.key}" if team else "to everybody"
    _note_down(session, conversation, by, note, where).to_team_id = team.id if team else None
    conversation.team_id = team.id if team else None
    conversation.for_supervisor = False
    put_back(session, conversation, "transferred")
    return conversation


def to_supervisors(session: Session, conversation_id: int, by: Operator, note: str) -> Conversation:
    """Puts the conversation into the queue for a supervisor to take. Raises NotYours."""
    conversation = _hold(session, conversation_id, by, may_take=True)
    _note_down(session, conversation, by, note, "to supervisors").to_supervisors = True
    conversation.for_supervisor = True
    put_back(session, conversation, "passed_up")
    return conversation


def put_back(session: Session, conversation: Conversation, reason: str) -> None:
    """Back into the queue, its clock running since it first entered; to be paged for anew.

    Why the person needs somebody stays as it was; `reason` says how it came back.
    """
    at = now()
    session.execute(
        update(Escalation)
        .where(Escalation.conversation_id == conversation.id, Escalation.ended_at.is_(None))
        .values(ended_at=at, outcome=reason)
    )
    conversation.state = State.WAITING
    conversation.operator_id = None
    conversation.claimed_at = None
    conversation.waiting_since = conversation.waiting_since or at
    conversation.queued_at = at
    conversation.still_waiting_told_at = None
    conversation.pages = 0
    conversation.paged_at = None
    session.add(
        Escalation(conversation_id=conversation.id, priority=conversation.priority or 4, reason=reason)
    )


def last_to(session: Session, conversation_id: int, operator_id: int) -> tuple[Transfer, Operator] | None:
    """The transfer by which the operator has the conversation, and who made it; None without one."""
    query = (
        select(Transfer, Operator)
        .join(Operator, Operator.id == Transfer.by_id)
        .where(Transfer.conversation_id == conversation_id)
        .order_by(Transfer.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row and row[0].to_id == operator_id else None


def return_unattended(session: Session, settings: Settings) -> list[Conversation]:
    """Puts back what nobody looks after: given to a colleague who didn't open it in time, or with an
    operator who is gone while the person has written. Returns what came back."""
    before = now() - timedelta(minutes=settings.page_again_minutes)
    there = {operator.id for operator in shifts.on_shift(session)}
    untaken = (
        select(Conversation)
        .join(Transfer, Transfer.conversation_id == Conversation.id)
        .where(Conversation.state == State.WITH_OPERATOR, Transfer.to_id == Conversation.operator_id)
        .where(Transfer.taken_at.is_(None), Transfer.at < before)
    )
    read_to = (
        select(func.coalesce(func.max(Look.message_id), 0))
        .where(Look.conversation_id == Conversation.id, Look.operator_id == Conversation.operator_id)
        .scalar_subquery()
    )
    unread = (
        select(Message.id)
        .where(Message.conversation_id == Conversation.id, Message.direction == Direction.IN)
        .where(Message.created_at < before, Message.created_at > Conversation.claimed_at)
        .where(Message.id > read_to)
        .exists()
    )
    left = (
        select(Conversation)
        .where(Conversation.state == State.WITH_OPERATOR, Conversation.claimed_at < before, unread)
        .where(Conversation.operator_id.not_in(there))
    )
    returned = []
    for reason, query in (("transfer_not_taken", untaken), ("operator_gone", left)):
        for conversation in session.scalars(query.with_for_update(of=Conversation, skip_locked=True)):
            if conversation.state == State.WITH_OPERATOR:
                audit.record(session, None, "return", f"conversation:{conversation.id}", reason)
                put_back(session, conversation, reason)
                returned.append(conversation)
    return returned


def _is_own(operator: Operator, team: Team | None) -> bool:
    """Whether the operator belongs to the team; everybody's queue is the front desk's."""
    return (team.key if team else FRONT_DESK) in {own.key for own in operator.teams}


def _hold(session: Session, conversation_id: int, by: Operator, may_take: bool = False) -> Conversation:
    """The conversation, locked, where `by` has it or supervises, or where they opened a waiting one
    with a reason and `may_take` it. Raises NotYours."""
    query = select(Conversation).where(Conversation.id == conversation_id)
    conversation = session.scalars(query.with_for_update().execution_options(populate_existing=True)).first()
    if conversation is None or conversation.state not in (State.WAITING, State.WITH_OPERATOR):
        raise NotYours
    is_own = conversation.state == State.WITH_OPERATOR and conversation.operator_id == by.id
    if is_own or allows(by, Permission.SUPERVISE):
        return conversation
    if not may_take or conversation.state != State.WAITING or not openings.current(session, by, conversation):
        raise NotYours
    return conversation


def _note_down(session: Session, conversation: Conversation, by: Operator, note: str, where: str) -> Transfer:
    transfer = Transfer(conversation_id=conversation.id, by_id=by.id, from_id=conversation.operator_id)
    session.add(transfer)
    if note:
        session.add(Note(conversation_id=conversation.id, operator_id=by.id, body=note))
    session.flush()
    opening = openings.seen_only_by(session, by, conversation)
    right = f" by opening:{opening.id}" if opening else ""
    audit.record(session, by, "transfer", f"conversation:{conversation.id}", where + right)
    return transfer
