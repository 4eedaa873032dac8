"""Live work of operators: what changed lately, who has looked, who hands over to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import UTCTime, now


class LiveEvent(Base):
    """One change, written in the transaction that made it and kept for minutes only: which
    conversation, never what it says."""

    __tablename__ = "live_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    # No foreign key: an event neither keeps a conversation alive nor stops it from being deleted.
    conversation_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UTCTime, default=now, index=True)


class Look(Base):
    """How far an operator has read a conversation: the id of the last message they saw."""

    __tablename__ = "look"

    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    message_id: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Transfer(Base):
    """A conversation given on: to one operator, to a team, or up to the supervisors.

    Why is in the conversation's notes.
    """

    __tablename__ = "transfer"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"), index=True)
    to_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    to_supervisors: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    # When the receiver opened it, or somebody claimed it from the queue.
    taken_at: Mapped[datetime | None] = mapped_column(UTCTime)
