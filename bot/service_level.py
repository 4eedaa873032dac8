"""The service level: how long a conversation may wait for an operator, by priority.

The targets are one setting, PHLOV_TARGET_MINUTES; the queue's clock, the supervisors' figures and
the review of a day all ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Conversation, Escalation, Priority, State
from bot.models.columns import now
from bot.settings import Settings

_SOON = 2 / 3


class Level(StrEnum):
    ON_TIME = "on_time"
    SOON = "soon"
    LATE = "late"


def target(priority: int | None, settings: Settings) -> timedelta:
    """How long a conversation of this priority may wait."""
    return timedelta(minutes=settings.target_minutes[(priority or Priority.BOT_FAILED) - 1])


def level(waited: timedelta, priority: int | None, settings: Settings) -> Level:
    """Where a wait stands against its target."""
    share = waited / target(priority, settings)
    if share > 1:
        return Level.LATE
    return Level.SOON if share >= _SOON else Level.ON_TIME


@dataclass(frozen=True)
class Waiting:
    """The conversations of one priority that wait now."""

    priority: int
    number: int
    late: int
    longest: timedelta | None


def waiting_now(session: Session, settings: Settings) -> list[Waiting]:
    """What waits now, for each priority."""
    at = now()
    query = select(Conversation.priority, Conversation.waiting_since)
    rows = session.execute(query.where(Conversation.state == State.WAITING)).all()
    found = []
    for priority in Priority:
        waits = [at - row.waiting_since for row in rows if row.priority == priority and row.waiting_since]
        late = sum(wait > target(priority, settings) for wait in waits)
        found.append(Waiting(priority, len(waits), late, max(waits, default=None)))
    return found


@dataclass(frozen=True)
class Record:
    """How the conversations of one priority that entered the queue since a time were taken up."""

    priority: int
    number: int
    claimed: int
    late: int
    median_wait: timedelta | None


def record_since(session: Session, since: datetime, settings: Settings) -> list[Record]:
    """What entered the queue since then, for each priority; late is also what still waits too long."""
    at = now()
    query = select(Escalation.priority, Escalation.at, Escalation.claimed_at, Escalation.ended_at)
    rows = session.execute(query.where(Escalation.at >= since)).all()
    found = []
    for priority in Priority:
        mine = [row for row in rows if row.priority == priority]
        waits = [row.claimed_at - row.at for row in mine if row.claimed_at]
        open_waits = [at - row.at for row in mine if not row.claimed_at and not row.ended_at]
        late = sum(wait > target(priority, settings) for wait in (*waits, *open_waits))
        found.append(Record(priority, len(mine), len(waits), late, median(waits) if waits else None))
    return found
