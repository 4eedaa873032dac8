"""The tables that are published: what is counted, by what, and from which rows.

The set is fixed. There are no free filters, since every further cut of the same people is one more
equation for somebody who subtracts. Each person counts once in a cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.insight.disclosure import Key
from bot.insight.periods import Period
from bot.models import Contact, Conversation, Escalation, Message, Need, Profile, Referral, Service
from bot.models.conversation import Author, Direction

NOT_TOLD = "not_told"
# Waiting for a person, in minutes; the last one is open.
WAITS = ((15, "0-15"), (60, "15-60"), (240, "60-240"), (1440, "240-1440"))
LONGER = "1440+"
NOT_CLAIMED = "not_claimed"
Counts = dict[Key, int]


@dataclass(frozen=True)
class Table:
    """`name` finds its words (words.yml); `axes` say what its keys are; `unit` what is counted."""

    name: str
    axes: tuple[str, ...]
    unit: str
    count: Callable[[Session, Period], Counts]
    months: tuple[int, ...] = (1, 3, 12)  # the lengths of period that it is published for


def _people(session: Session, query: Select[Any, Any]) -> Counts:
    """Distinct people by one code."""
    seen = {(person, code or NOT_TOLD) for person, code in session.execute(query)}
    return dict(Counter((code,) for _, code in seen))


def _needs(session: Session, period: Period) -> Counts:
    return _people(session, select(Need.contact_id, Need.kind).where(*_within(Need.at, period)))


def _profile(column: InstrumentedAttribute[Any]) -> Callable[[Session, Period], Counts]:
    """Distinct people who told a need in the period, by what they told of themselves."""

    def count(session: Session, period: Period) -> Counts:
        query = (
            select(Need.contact_id, column)
            .outerjoin(Profile, Profile.contact_id == Need.contact_id)
            .where(*_within(Need.at, period))
        )
        seen = {(person, _code(value)) for person, value in session.execute(query)}
        return dict(Counter((code,) for _, code in seen))

    return count


def _provinces(session: Session, period: Period) -> Counts:
    return _people(
        session,
        select(Need.contact_id, func.coalesce(Need.province, Profile.province))
        .outerjoin(Profile, Profile.contact_id == Need.contact_id)
        .where(*_within(Need.at, period)),
    )


def _needs_by_province(session: Session, period: Period) -> Counts:
    query = (
        select(Need.contact_id, Need.kind, func.coalesce(Need.province, Profile.province))
        .outerjoin(Profile, Profile.contact_id == Need.contact_id)
        .where(*_within(Need.at, period))
    )
    seen = {(person, kind, province or NOT_TOLD) for person, kind, province in session.execute(query)}
    return _filled(Counter((kind, province) for _, kind, province in seen))


def _needs_by_sex(session: Session, period: Period) -> Counts:
    query = (
        select(Need.contact_id, Need.kind, Profile.sex)
        .outerjoin(Profile, Profile.contact_id == Need.contact_id)
        .where(*_within(Need.at, period))
    )
    seen = {(person, kind, sex or NOT_TOLD) for person, kind, sex in session.execute(query)}
    return _filled(Counter((kind, sex) for _, kind, sex in seen))


def _channels(session: Session, period: Period) -> Counts:
    return _wrote(session, period, Contact.channel)


def _forms(session: Session, period: Period) -> Counts:
    return _wrote(session, period, Contact.form)


def _wrote(session: Session, period: Period, column: InstrumentedAttribute[Any]) -> Counts:
    query = (
        select(Message.contact_id, column)
        .join(Contact, Contact.id == Message.contact_id)
        .where(Message.direction == Direction.IN, *_within(Message.created_at, period))
        .distinct()
    )
    return dict(Counter((str(code),) for _, code in session.execute(query)))


def _unanswered(session: Session, period: Period) -> Counts:
    """People to whom the bot answered with a choice, or whom it gave up on, by what it took it for."""
    query = select(Message.contact_id, Message.understood).where(
        Message.direction == Direction.IN,
        Message.author == Author.PERSON,
        *_within(Message.created_at, period),
    )
    seen = {
        (person, _unanswered_kind(understood)) for person, understood in session.execute(query) if understood
    }
    return dict(Counter((kind,) for _, kind in seen if kind))


def _unanswered_kind(understood: dict[str, object]) -> str:
    if understood.get("intent") == "out_of_scope":
        return "out_of_scope"
    reason = str(understood.get("reason") or "")
    if reason in ("not_understood", "brain_unavailable"):
        return reason
    return "asked_back" if understood.get("outcome") == "offer" else ""


def _reasons(session: Session, period: Period) -> Counts:
    return _people(
        session,
        select(Conversation.contact_id, Escalation.reason)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(*_within(Escalation.at, period)),
    )


def _waiting(session: Session, period: Period) -> Counts:
    """People by urgency and by how long they waited for a person to claim the conversation."""
    query = (
        select(Conversation.contact_id, Escalation.priority, Escalation.at, Escalation.claimed_at)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(*_within(Escalation.at, period))
    )
    seen = {(who, f"P{urgency}", _wait(at, claimed)) for who, urgency, at, claimed in session.execute(query)}
    return _filled(Counter((urgency, wait) for _, urgency, wait in seen))


def _wait(at: datetime, claimed_at: datetime | None) -> str:
    if claimed_at is None:
        return NOT_CLAIMED
    minutes = (claimed_at - at).total_seconds() / 60
    return next((name for limit, name in WAITS if minutes < limit), LONGER)


def _outcomes(session: Session, period: Period) -> Counts:
    return _people(
        session,
        select(Conversation.contact_id, Escalation.outcome)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(*_within(Escalation.at, period)),
    )


def _referral_steps(session: Session, period: Period) -> Counts:
    return _people(
        session, select(Referral.contact_id, Referral.state).where(*_within(Referral.created_at, period))
    )


def _referral_partners(session: Session, period: Period) -> Counts:
    query = (
        select(Referral.contact_id, Service.key, Referral.state)
        .join(Service, Service.id == Referral.service_id)
        .where(*_within(Referral.created_at, period))
    )
    seen = {(person, partner, str(state)) for person, partner, state in session.execute(query)}
    return _filled(Counter((partner, state) for _, partner, state in seen))


def _within(column: InstrumentedAttribute[datetime], period: Period) -> tuple[ColumnElement[bool], ...]:
    return column >= period.start, column < period.end


def _code(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_TOLD if value is None else str(value)


def _filled(counts: Counter[Key]) -> Counts:
    """Every crossing of the rows and columns that there are, so that none is told by its absence."""
    rows, columns = ({key[axis] for key in counts} for axis in (0, 1))
    return {(row, column): counts[row, column] for row in rows for column in columns}


_QUARTERS = (3, 12)
TABLES: tuple[Table, ...] = (
    Table("needs", ("need",), "people", _needs),
    Table("provinces", ("province",), "people", _provinces),
    Table("sex", ("sex",), "people", _profile(Profile.sex)),
    Table("age", ("age",), "people", _profile(Profile.age_band)),
    Table("household", ("household",), "people", _profile(Profile.household)),
    Table("children", ("yes_no",), "people", _profile(Profile.children)),
    Table("country", ("country",), "people", _profile(Profile.country)),
    Table("needs_by_sex", ("need", "sex"), "people", _needs_by_sex, _QUARTERS),
    Table("needs_by_province", ("need", "province"), "people", _needs_by_province, _QUARTERS),
    Table("unanswered", ("unanswered",), "people", _unanswered),
    Table("reasons", ("reason",), "people", _reasons),
    Table("waiting", ("urgency", "wait"), "people", _waiting),
    Table("outcomes", ("outcome",), "people", _outcomes),
    Table("referral_steps", ("step",), "people", _referral_steps),
    Table("referral_partners", ("partner", "step"), "people", _referral_partners, _QUARTERS),
    Table("channels", ("channel",), "people", _channels),
    Table("forms", ("form",), "people", _forms),
)
# What the public page shows: who needs what and where, never how the helpline's own people work.
PUBLIC_TABLES = ("needs", "provinces", "sex", "age", "children", "country")


def named(name: str) -> Table:
    """The table called `name`. Raises StopIteration."""
    return next(table for table in TABLES if table.name == name)


def everyone(session: Session, period: Period) -> int:
    """The people behind the tables of needs."""
    query = select(func.count(func.distinct(Need.contact_id))).where(*_within(Need.at, period))
    return session.scalar(query) or 0
