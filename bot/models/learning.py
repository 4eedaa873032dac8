"""Messages to learn from: found, checked by whoever may read them, then given their right intent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, now
from bot.models.people import Form


class Why(StrEnum):
    """Why a message could teach something."""

    NOT_UNDERSTOOD = "not_understood"
    RELABELLED = "relabelled"


class CandidateState(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    DISMISSED = "dismissed"


class LearningCandidate(Base):
    """A message that the bot didn't understand or an operator relabelled; its words stay where they are."""

    __tablename__ = "learning_candidate"
    __table_args__ = (Index("ix_learning_candidate_open", "state", "at"),)

    message_id: Mapped[int] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    why: Mapped[Why] = mapped_column(String(16))
    state: Mapped[CandidateState] = mapped_column(String(16), default=CandidateState.OPEN)
    # What the operator takes the message for.
    intent: Mapped[str | None] = mapped_column(String(32))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class ExampleState(StrEnum):
    """released -> labelled -> exported, or dismissed."""

    RELEASED = "released"
    LABELLED = "labelled"
    EXPORTED = "exported"
    DISMISSED = "dismissed"


class LearningExample(Base):
    """What is left of a message without names and numbers, checked by a person or taken by consent.

    Who wrote it is kept only until it is exported, so that deleting what is known of a person takes it
    along.
    """

    __tablename__ = "learning_example"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    text: Mapped[str] = mapped_column(Encrypted("learning_example.text"))
    form: Mapped[Form] = mapped_column(String(8))
    why: Mapped[Why] = mapped_column(String(16))
    state: Mapped[ExampleState] = mapped_column(String(16), default=ExampleState.RELEASED, index=True)
    suggested: Mapped[str | None] = mapped_column(String(32))
    intent: Mapped[str | None] = mapped_column(String(32))
    # None: by the person's own consent, and checked by rules alone.
    released_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    released_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    labelled_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    labelled_at: Mapped[datetime | None] = mapped_column(UTCTime)
    exported_at: Mapped[datetime | None] = mapped_column(UTCTime)
