"""What the service keeps about itself: the keys that data was written with, and signs of life."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import UTCTime, now


class EncryptionKey(Base):
    """A key of PHLOV_KEYS by its id, never the key itself; retired when nothing is written with it."""

    __tablename__ = "encryption_key"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    # A known word sealed with the key: opening it proves that the key is the right one.
    sealed: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    retired_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Beat(Base):
    """When something was last done: a worker's sign of life, or a daily job."""

    __tablename__ = "beat"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
