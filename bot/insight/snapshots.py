"""Publishing: a period's tables are made once it is over, suppressed, and kept as they were published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.insight import disclosure, periods, tables
from bot.insight.disclosure import Key, Rule
from bot.insight.periods import Period
from bot.models import Contact, InsightSnapshot
from bot.models.columns import now

STAFF, PUBLIC = "staff", "public"
_RULES: dict[str, Rule] = {STAFF: disclosure.STAFF, PUBLIC: disclosure.PUBLIC}
_EVERYONE = "everyone"


@dataclass(frozen=True)
class Published:
    """One table as it may be shown: rows in order, None for what is hidden, and all its people."""

    name: str
    axes: tuple[str, ...]
    cells: dict[Key, int | None]
    people: int | None

    @property
    def rows(self) -> list[str]:
        return list(dict.fromkeys(key[0] for key in self.cells))

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(key[1] for key in self.cells)) if len(self.axes) > 1 else []


def make_due(session: Session, at: datetime | None = None) -> list[Period]:
    """Publishes every period that is over and not yet published; returns which, newest first."""
    first = session.scalar(select(func.min(Contact.created_at)))
    if first is None:
        return []
    made = {tuple(row) for row in session.execute(select(InsightSnapshot.period, InsightSnapshot.audience))}
    due = []
    # Shorter periods first: what they hid, the longer ones mustn't give away.
    for period in sorted(periods.complete(first, at or now()), key=lambda period: (period.months, period)):
        audiences = [STAFF, *([PUBLIC] if period.months >= 3 else [])]
        missing = [audience for audience in audiences if (period.name, audience) not in made]
        if missing:
            counted = _count(session, period)
            session.add_all(_snapshot(session, period, audience, counted) for audience in missing)
            session.flush()
            due.append(period)
    return periods.newest_first(due)


def published(session: Session, audience: str) -> list[Period]:
    """The periods that are published for `audience`, newest first, months before quarters."""
    names = session.scalars(select(InsightSnapshot.period).where(InsightSnapshot.audience == audience))
    return periods.newest_first(periods.parse(name) for name in names)


def read(session: Session, period: Period, audience: str) -> dict[str, Published]:
    """The published tables of `period` by name; empty where there are none."""
    snapshot = session.get(InsightSnapshot, (period.name, audience))
    return {} if snapshot is None else {name: _read(name, data) for name, data in snapshot.tables.items()}


def _count(session: Session, period: Period) -> dict[str, tables.Counts]:
    counted = {
        table.name: table.count(session, period) for table in tables.TABLES if period.months in table.months
    }
    counted[_EVERYONE] = {("people",): tables.everyone(session, period)}
    return counted


def _snapshot(
    session: Session, period: Period, audience: str, counted: dict[str, tables.Counts]
) -> InsightSnapshot:
    rule = _RULES[audience]
    before = [shown for part in period.parts if (shown := read(session, part, audience))]
    names: Iterable[str] = counted if audience == STAFF else (*tables.PUBLIC_TABLES, _EVERYONE)
    data = {}
    for name in names:
        cells = disclosure.publish(counted[name], rule)
        cells = disclosure.over_time(cells, [shown[name].cells for shown in before if name in shown])
        ordered = sorted(cells, key=lambda key: (-(cells[key] or 0), key))
        # How many told anything is the same for all tables of needs, so it is told once.
        data[name] = {"cells": [[*key, cells[key]] for key in ordered]}
    return InsightSnapshot(period=period.name, audience=audience, tables=data)


def _read(name: str, data: dict[str, list[list[str | int | None]]]) -> Published:
    cells: dict[Key, int | None] = {}
    for *key, count in data["cells"]:
        cells[tuple(str(part) for part in key)] = None if count is None else int(count)
    if name == _EVERYONE:
        return Published(name, ("people",), cells, next(iter(cells.values()), None))
    return Published(name, tables.named(name).axes, cells, None)
