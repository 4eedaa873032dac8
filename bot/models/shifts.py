"""Who works when, who rests, and how the work is looked over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, now


class OnCallShift(Base):
    """A time in which one operator is called to the queue; `backup` is called when the first isn't there."""

    __tablename__ = "on_call_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UTCTime)
    ends_at: Mapped[datetime] = mapped_column(UTCTime, index=True)
    backup: Mapped[bool] = mapped_column(default=False)


class Rest(Base):
    """A break that an operator takes: no pages, and the count of hard conversations starts anew."""

    __tablename__ = "rest"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    until: Mapped[datetime] = mapped_column(UTCTime)


class QualityReview(Base):
    """A closed conversation drawn for review: how well the person was helped, from 1 to 4 each."""

    __tablename__ = "quality_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), unique=True
    )
    drawn_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    drawn_by_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    safety: Mapped[int | None]
    warmth: Mapped[int | None]
    facts: Mapped[int | None]
    next_step: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(Encrypted("quality_review.comment"))
