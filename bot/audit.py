"""The audit trail: who did what to which thing and when, each entry's hash covering the one before."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.models import AuditEvent, Operator
from bot.models.columns import now

_FIRST = "0" * 64


def record(session: Session, operator: Operator | None, action: str, subject: str, detail: str = "") -> None:
    """Appends an entry. `operator` None stands for a command or the service itself."""
    if session.get_bind().dialect.name == "postgresql":
        # One writer at a time, or two entries would follow the same one.
        session.execute(text("SELECT pg_advisory_xact_lock(7230415)"))
    last = session.scalars(select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)).first()
    at = now()
    actor = f"operator:{operator.id}" if operator else "system"
    entry_hash = _hash(last or _FIRST, at, actor, action, subject, detail)
    session.add(
        AuditEvent(at=at, actor=actor, action=action, subject=subject, detail=detail, hash=entry_hash)
    )
    session.flush()


def first_broken(session: Session) -> int | None:
    """The id of the first entry that doesn't follow from the one before, None where all do."""
    previous = _FIRST
    for entry in session.scalars(select(AuditEvent).order_by(AuditEvent.id)):
        expected = _hash(previous, entry.at, entry.actor, entry.action, entry.subject, entry.detail)
        if expected != entry.hash:
            return entry.id
        previous = entry.hash
    return None


def _hash(previous: str, at: datetime, actor: str, action: str, subject: str, detail: str) -> str:
    fields = "\x1f".join((previous, at.isoformat(), actor, action, subject, detail))
    return hashlib.sha256(fields.encode()).hexdigest()
