"""What managers changed in the console over the files' defaults: facts, sentences, and calls to hotlines."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import Encrypted, EncryptedJSON, UTCTime, now
from bot.models.people import Form

_IN_FORCE = text("state = 'in_force'")


class ChangeMark(Base):
    """A mark, new with every change of facts or words: by it processes see whether they are up to date."""

    __tablename__ = "change_mark"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    mark: Mapped[str] = mapped_column(String(16))


class EditState(StrEnum):
    """proposed -> in_force -> replaced, or proposed -> rejected | withdrawn."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class FactEdit(Base):
    """One version of a fact. At most one of each fact is in force; without one, the file's is."""

    __tablename__ = "fact_edit"
    __table_args__ = (
        Index(
            "uq_fact_edit_in_force",
            "fact_id",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[EditState] = mapped_column(String(16))
    # The whole fact as it is to be, and the fingerprint of the one in force when it was written.
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("fact_edit.content"))
    based_on: Mapped[str] = mapped_column(String(16))
    # The fingerprint of the file's fact then: where the file changes later, somebody has to look.
    shipped: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Encrypted("fact_edit.reason"))
    # None stands for a command.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCTime)


class CallOutcome(StrEnum):
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    OUT_OF_SERVICE = "out_of_service"
    WRONG_PLACE = "wrong_place"


class HotlineCall(Base):
    """A call made to try a hotline: who called when and from which network, and what was found."""

    __tablename__ = "hotline_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[str] = mapped_column(String(64), index=True)
    number: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UTCTime)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    network: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[CallOutcome] = mapped_column(String(16))
    hours: Mapped[str] = mapped_column(String(64), default="")
    is_free: Mapped[bool | None]
    speaks_khmer: Mapped[bool | None]
    note: Mapped[str] = mapped_column(Encrypted("hotline_call.note"), default="")
    noted_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class WordEdit(Base):
    """One version of a sentence in one form. At most one of each is in force; else the catalogue's is."""

    __tablename__ = "word_edit"
    __table_args__ = (
        Index(
            "uq_word_edit_in_force",
            "key",
            "form",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), index=True)
    form: Mapped[Form] = mapped_column(String(8))
    state: Mapped[EditState] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    # The fingerprint of the catalogue's sentence then.
    shipped: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class WordReview(Base):
    """A native speaker found a sentence right: these very words, by their fingerprint."""

    __tablename__ = "word_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), index=True)
    form: Mapped[Form] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(String(16))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
