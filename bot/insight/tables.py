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

from sqlalchemy import ColumnElement, Executable, func, select
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
    """`name` finds its words (words.yml); `axes` say what its keys are."""

    name: str
    axes: tuple[str, ...]
    count: Callable[[Session, Period], Counts]
    months: tuple[int, ...] = (1, 3, 12)  # the lengths of period that it is published for


def _by(session: Session, query: Executable) -> Counts:
    """Distinct people by the codes behind them in `query`, one or two."""
    seen = {(person, tuple(map(_code, codes))) for person, *codes in session.execute(query)}
    counts = Counter(codes for _, codes in seen)
    return _filled(counts) if any(len(codes) > 1 for codes in counts) else dict(counts)


def _needs(*columns: ColumnElement[Any] | InstrumentedAttribute[Any]) -> Callable[[Session, Period], Counts]:
    """Counts people who told a need in the period, by `columns` of the need or of what they told of
    themselves."""

    def count(session: Session, period: Period) -> Counts:
        query = (
            select(Need.contact_id, *columns)
            .outerjoin(Profile, Profile.contact_id == Need.contact_id)
            .where(*_within(Need.at, period))
        )
        return _by(session, query)

    return count


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
    return _by(session, query)


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
    return _by(
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
    return _by(
        session,
        select(Conversation.contact_id, Escalation.outcome)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(*_within(Escalation.at, period)),
    )


def _referral_steps(session: Session, period: Period) -> Counts:
    return _by(
        session, select(Referral.contact_id, Referral.state).where(*_within(Referral.created_at, period))
    )


def _referral_partners(session: Session, period: Period) -> Counts:
    query = (
        select(Referral.contact_id, Service.key, Referral.state)
        .join(Service, Service.id == Referral.service_id)
        .where(*_within(Referral.created_at, period))
    )
    return _by(session, query)


def _within(column: InstrumentedAttribute[datetime], period: Period) -> tuple[ColumnElement[bool], ...]:
    return column >= period.start, column < period.end


def _code(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_TOLD if value in (None, "") else str(value)


def _filled(counts: Counter[Key]) -> Counts:
    """Every crossing of the rows and columns that there are, so that none is told by its absence."""
    rows, columns = ({key[axis] for key in counts} for axis in (0, 1))
    return {(row, column): counts[row, column] for row in rows for column in columns}


_PROVINCE = func.coalesce(Need.province, Profile.province)
_QUARTERS = (3, 12)
TABLES: tuple[Table, ...] = (
    Table("needs", ("need",), _needs(Need.kind)),
    Table("provinces", ("province",), _needs(_PROVINCE)),
    Table("sex", ("sex",), _needs(Profile.sex)),
    Table("age", ("age",), _needs(Profile.age_band)),
    Table("household", ("household",), _needs(Profile.household)),
    Table("children", ("yes_no",), _needs(Profile.children)),
    Table("country", ("country",), _needs(Profile.country)),
    Table("needs_by_sex", ("need", "sex"), _needs(Need.kind, Profile.sex), _QUARTERS),
    Table("needs_by_province", ("need", "province"), _needs(Need.kind, _PROVINCE), _QUARTERS),
    Table("unanswered", ("unanswered",), _unanswered),
    Table("reasons", ("reason",), _reasons),
    Table("waiting", ("urgency", "wait"), _waiting),
    Table("outcomes", ("outcome",), _outcomes),
    Table("referral_steps", ("step",), _referral_steps),
    Table("referral_partners", ("partner", "step"), _referral_partners, _QUARTERS),
    Table("channels", ("channel",), _channels),
    Table("forms", ("form",), _forms),
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
