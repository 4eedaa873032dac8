"""The published figures of a period, kept as they were published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import UTCTime, now


class InsightSnapshot(Base):
    """One period's tables after suppression and rounding. Made once, since figures that followed every
    later deletion could be subtracted from each other."""

    __tablename__ = "insight_snapshot"

    period: Mapped[str] = mapped_column(String(8), primary_key=True)  # 2026-10, 2026-Q3, 2026
    audience: Mapped[str] = mapped_column(String(8), primary_key=True)  # staff | public
    tables: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
