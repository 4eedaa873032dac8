"""The rows of the queue: what is known of a conversation without a word of what it says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.models import Contact, Conversation, Form, Need, Operator, State, Team, Transfer
from bot.models.columns import now
from bot.places import provinces
from bot.service_level import Level, level, target
from bot.settings import Settings
from bot.teams import seen_by
from bot.unread import unread
from console import labels

SHOWN = ("waiting", "mine", "others", "closed")
ROWS_A_PAGE = 100


@dataclass(frozen=True)
class Filter:
    """Which conversations are listed."""

    shown: str = "waiting"
    language: str = ""
    team: str = ""
    page: int = 1


@dataclass(frozen=True)
class Row:
    """One conversation in the list."""

    id: int
    alias: str
    state: str
    priority: int
    priority_words: str
    reason: str
    # Seconds it has waited, and after how many the clock changes colour; None where it doesn't wait.
    waited: int | None
    target: int
    level: Level
    channel: str
    language: str
    province: str
    team: str
    owner: str
    is_mine: bool
    unread: int
    for_supervisor: bool
    given_by: str

    @property
    def is_waiting(self) -> bool:
        return self.state == State.WAITING


def rows(db: Session, operator: Operator, wanted: Filter, settings: Settings, language: str) -> list[Row]:
    """A page of conversations, most urgent and longest waiting first; closed ones newest first."""
    order: tuple[Any, ...] = (Conversation.priority, Conversation.waiting_since, Conversation.id)
    if wanted.shown == "closed":
        order = (Conversation.closed_at.desc(), Conversation.id.desc())
    query = (
        # Columns instead of objects: what is encrypted and not shown isn't decrypted.
        select(
            Conversation.id,
            Conversation.state,
            Conversation.priority,
            Conversation.reason,
            Conversation.waiting_since,
            Conversation.for_supervisor,
            Conversation.operator_id,
            Conversation.contact_id,
            Conversation.brain_events,
            Contact.channel,
            Contact.form,
            Contact.alias,
            Operator.name,
            Team,
        )
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Operator, Operator.id == Conversation.operator_id)
        .outerjoin(Team, Team.id == Conversation.team_id)
        .where(*_conditions(operator, wanted))
        .order_by(*order)
        .offset((wanted.page - 1) * ROWS_A_PAGE)
        .limit(ROWS_A_PAGE)
    )
    found = db.execute(query).all()
    ids = [row.id for row in found]
    new, places, givers = unread(db, operator.id, ids), _provinces(db, found), _givers(db, operator, ids)
    at = now()
    made = []
    for row in found:
        waits = row.state == State.WAITING and row.waiting_since is not None
        waited = at - row.waiting_since if waits else timedelta()
        place = provinces().get(places.get(row.contact_id) or _province_told(row.brain_events))
        made.append(
            Row(
                id=row.id,
                alias=row.alias,
                state=row.state,
                priority=row.priority or 4,
                priority_words=labels.priority(row.priority),
                reason=labels.reason(row.reason),
                waited=int(waited.total_seconds()) if waits else None,
                target=int(target(row.priority, settings).total_seconds()),
                level=level(waited, row.priority, settings),
                channel="SMS" if row.channel == "sms" else "Telegram",
                language=labels.language(row.form),
                province=place.name(Form(language)) if place else "",
                team=labels.team(row.Team) if row.Team else "",
                owner=row.name or "",
                is_mine=row.operator_id == operator.id,
                unread=new.get(row.id, 0),
                for_supervisor=row.for_supervisor,
                given_by=givers.get(row.id, ""),
            )
        )
    return made


def number_of(db: Session, operator: Operator, wanted: Filter) -> int:
    """How many conversations `wanted` lists on all its pages."""
    query = (
        select(func.count(Conversation.id))
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(*_conditions(operator, wanted))
    )
    return db.scalar(query) or 0


def counts(db: Session, operator: Operator) -> dict[str, int]:
    """How many wait, are mine and are with others, of those that the operator sees."""
    is_mine = Conversation.operator_id == operator.id
    open_ones = Conversation.state.in_([State.WAITING, State.WITH_OPERATOR])
    query = (
        select(Conversation.state, is_mine, func.count(Conversation.id))
        .where(open_ones, seen_by(operator))
        .group_by(Conversation.state, is_mine)
    )
    found = {"waiting": 0, "mine": 0, "others": 0}
    for state, mine, number in db.execute(query):
        name = "waiting" if state == State.WAITING else "mine" if mine else "others"
        found[name] += number
    return found


def urgent(db: Session, operator: Operator) -> list[int]:
    """The waiting conversations of priority 1 that the operator sees."""
    query = select(Conversation.id).where(Conversation.state == State.WAITING, Conversation.priority == 1)
    return list(db.scalars(query.where(seen_by(operator)).order_by(Conversation.id).limit(ROWS_A_PAGE)))


def version(*shown: object) -> str:
    """A mark of what is listed. The clocks don't count: the page moves them by itself."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _conditions(operator: Operator, wanted: Filter) -> list[ColumnElement[bool]]:
    with_operator = Conversation.state == State.WITH_OPERATOR
    states: dict[str, ColumnElement[bool]] = {
        "waiting": Conversation.state == State.WAITING,
        "mine": with_operator & (Conversation.operator_id == operator.id),
        "others": with_operator & (Conversation.operator_id != operator.id),
        "closed": Conversation.state == State.CLOSED,
    }
    found = [states[wanted.shown], seen_by(operator)]
    if wanted.language:
        found.append(Contact.form == wanted.language)
    if wanted.team == "none":
        found.append(Conversation.team_id.is_(None))
    elif wanted.team:
        found.append(Conversation.team_id == select(Team.id).where(Team.key == wanted.team).scalar_subquery())
    return found


def _provinces(db: Session, found: Any) -> dict[int, str]:
    """The province that each contact agreed to have kept, the newest."""
    contacts = {row.contact_id for row in found}
    query = select(Need.contact_id, Need.province).where(
        Need.contact_id.in_(contacts), Need.province.is_not(None)
    )
    return {contact: province for contact, province in db.execute(query.order_by(Need.id)) if province}


def _province_told(events: list[dict[str, Any]] | None) -> str:
    """The province that the person has named in this conversation, as the brain coded it."""
    slots = [event for event in events or [] if event.get("event") == "slot"]
    told = [slot.get("value") for slot in slots if slot.get("name") in ("province", "need_province")]
    return next((str(value) for value in reversed(told) if value), "")


def _givers(db: Session, operator: Operator, ids: list[int]) -> dict[int, str]:
    """Who gave the operator a conversation that they haven't opened yet."""
    query = (
        select(Transfer.conversation_id, Operator.name)
        .join(Operator, Operator.id == Transfer.by_id)
        .where(Transfer.conversation_id.in_(ids), Transfer.to_id == operator.id)
        .where(Transfer.taken_at.is_(None))
    )
    return {row.conversation_id: row.name for row in db.execute(query)}
