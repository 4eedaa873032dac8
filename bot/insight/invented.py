"""Whether the database holds invented people (`phlov demo-data`), so that no figure passes for real."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import AuditEvent

ACTION = "demo_data"


def is_invented(session: Session) -> bool:
    """True where `phlov demo-data` filled this database."""
    return session.scalar(select(AuditEvent.id).where(AuditEvent.action == ACTION).limit(1)) is not None
