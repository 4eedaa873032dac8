"""An operator's work on a conversation: drafts, mentions, protocol steps, call-backs, wrap-up."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base
from bot.models.columns import Encrypted, EncryptedJSON, UTCTime, now
from bot.models.conversation import Conversation
from bot.models.people import Contact


class Draft(Base):
    """What an operator has begun to write and not sent; encrypted here instead of kept in a browser."""

    __tablename__ = "draft"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    body: Mapped[str] = mapped_column(Encrypted("draft.body"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Mention(Base):
    """A colleague named in a note; unread until they open the conversation."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("note_id", "operator_id"),
        Index("ix_mention_unread", "operator_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("note.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Edition(Base):
    """One version of a text that managers edit over a file's default; the newest one holds.

    `kind` and `key` name it ("protocol", "gbv"); none is ever changed, so these rows are the history.
    """

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("kind", "key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(48))
    version: Mapped[int]
    # None where the manager went back to the file's default.
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    retired: Mapped[bool] = mapped_column(default=False)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class ProtocolTick(Base):
    """A step of a protocol that an operator has done in a conversation."""

    __tablename__ = "protocol_tick"
    __table_args__ = (UniqueConstraint("conversation_id", "protocol", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    protocol: Mapped[str] = mapped_column(String(32))
    step: Mapped[str] = mapped_column(String(48))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class CallState(StrEnum):
    DUE = "due"
    DONE = "done"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"


class CallBack(Base):
    """A call promised to a person, at a time that is safe for them."""

    __tablename__ = "call_back"
    __table_args__ = (Index("ix_call_back_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    due_at: Mapped[datetime] = mapped_column(UTCTime)
    # Where it isn't the number that they write from; and what to mind when somebody else answers.
    number: Mapped[str | None] = mapped_column(Encrypted("call_back.number"))
    note: Mapped[str | None] = mapped_column(Encrypted("call_back.note"))
    state: Mapped[CallState] = mapped_column(String(16), default=CallState.DUE)
    tries: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    contact: Mapped[Contact] = relationship()
    conversation: Mapped[Conversation] = relationship()


class WrapUp(Base):
    """How a conversation ended: what it was about, what was done, and when to ask again."""

    __tablename__ = "wrap_up"
    __table_args__ = (Index("ix_wrap_up_follow_up", "followed_up_at", "follow_up_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    outcome: Mapped[str] = mapped_column(String(32))
    topics: Mapped[list[str]] = mapped_column(JSON)
    # Facts and services that the person was told of, by id; and anything else, in the operator's words.
    referrals: Mapped[list[str]] = mapped_column(EncryptedJSON("wrap_up.referrals"))
    note: Mapped[str | None] = mapped_column(Encrypted("wrap_up.note"))
    follow_up_on: Mapped[date | None]
    followed_up_at: Mapped[datetime | None] = mapped_column(UTCTime)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    conversation: Mapped[Conversation] = relationship()
