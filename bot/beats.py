"""Signs of life, and jobs that are to run once in a while however many workers there are."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database import Database
from bot.models import Beat
from bot.models.columns import now

_FORGOTTEN = timedelta(days=1)


def worker_name() -> str:
    """This worker's name: its host and process."""
    return f"worker:{socket.gethostname()[:40]}:{os.getpid()}"


def alive(database: Database, name: str) -> None:
    """Notes that `name` is alive; workers that ended long ago are forgotten."""
    with database.transaction() as session:
        session.merge(Beat(name=name, at=now()))
        session.execute(delete(Beat).where(Beat.name.like("worker:%"), Beat.at < now() - _FORGOTTEN))


def note(database: Database, name: str, at: datetime) -> None:
    """Notes that `name` was last done at `at`."""
    with database.transaction() as session:
        session.merge(Beat(name=name, at=at))


def last(session: Session, name: str) -> datetime | None:
    """When `name` was last noted, None where it never was."""
    beat = session.get(Beat, name)
    return beat.at if beat else None


def gone(database: Database, name: str) -> None:
    """Notes that `name` ended as it should."""
    with database.transaction() as session:
        session.execute(delete(Beat).where(Beat.name == name))


def claim(database: Database, job: str, every: timedelta) -> bool:
    """Whether it is this process's turn to do `job`, which was last begun `every` ago or never."""
    try:
        with database.transaction() as session:
            mine = update(Beat).where(Beat.name == job, Beat.at < now() - every).values(at=now())
            if getattr(session.execute(mine), "rowcount", 0):
                return True
            if session.get(Beat, job) is not None:
                return False
            session.add(Beat(name=job, at=now()))
    except IntegrityError:  # another worker was faster
        return False
    return True
