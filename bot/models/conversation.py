"""A conversation, its messages in and out, and its time in the human queue."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base
from bot.models.columns import Encrypted, EncryptedJSON, UTCTime, now
from bot.models.people import Channel, Contact, Form
from bot.models.staff import Team


class State(StrEnum):
    """Who has the conversation: bot -> waiting -> with_operator -> bot or closed."""

    BOT = "bot"
    WAITING = "waiting"
    WITH_OPERATOR = "with_operator"
    CLOSED = "closed"


class Priority(IntEnum):
    IMMEDIATE_DANGER = 1
    SENSITIVE = 2
    ASKED_FOR_PERSON = 3
    BOT_FAILED = 4


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Author(StrEnum):
    PERSON = "person"
    BOT = "bot"
    OPERATOR = "operator"


class Delivery(StrEnum):
    """In: received -> handled | quarantined. Out: queued -> sending -> sent -> delivered | failed."""

    RECEIVED = "received"
    HANDLED = "handled"
    QUARANTINED = "quarantined"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


# What is still to be done. As text: the partial indexes serve only queries that say literally the same.
TO_HANDLE = text("direction = 'in' AND state = 'received'")
TO_SEND = text("direction = 'out' AND state IN ('queued', 'sending')")


class Conversation(Base):
    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_queue", "state", "priority", "waiting_since"),
        Index("ix_conversation_closed", "state", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    state: Mapped[State] = mapped_column(String(16), default=State.BOT)
    priority: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(32))
    waiting_since: Mapped[datetime | None] = mapped_column(UTCTime)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    # Whose it is; None is everybody's.
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    opened_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    outcome: Mapped[str | None] = mapped_column(String(32))
    # What the brain gave back last: slots and the open form, no texts.
    brain_events: Mapped[list[dict[str, Any]] | None] = mapped_column(
        EncryptedJSON("conversation.brain_events")
    )
    # What a number means as a reply: [{"key": "1", "label": …, "payload": …}], and MORE's remainder.
    options: Mapped[list[dict[str, str]] | None] = mapped_column(EncryptedJSON("conversation.options"))
    more: Mapped[list[str] | None] = mapped_column(EncryptedJSON("conversation.more"))
    # Own words given in an interview, until consent says whether they are kept.
    draft: Mapped[dict[str, str] | None] = mapped_column(EncryptedJSON("conversation.draft"))
    not_understood: Mapped[int] = mapped_column(default=0)
    # A sign of danger was seen: from then on less is needed to call a person.
    wary: Mapped[bool] = mapped_column(default=False, server_default=false())
    last_message_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    pages: Mapped[int] = mapped_column(default=0)
    paged_at: Mapped[datetime | None] = mapped_column(UTCTime)
    still_waiting_told_at: Mapped[datetime | None] = mapped_column(UTCTime)
    # When it last entered a queue: later than waiting_since where it was given on.
    queued_at: Mapped[datetime | None] = mapped_column(UTCTime)
    # Passed up: supervisors are asked to take it.
    for_supervisor: Mapped[bool] = mapped_column(default=False, server_default=false())

    # When retention emptied what was said until then (bot/retention.py).
    words_erased_at: Mapped[datetime | None] = mapped_column(UTCTime)

    contact: Mapped[Contact] = relationship()
    team: Mapped[Team | None] = relationship()
    messages: Mapped[list[Message]] = relationship(order_by="Message.id", viewonly=True)


class Message(Base):
    """One message; its row is the queue: `state` says what remains to be done with it."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel", "direction", "provider_id"),
        Index("ix_message_work", "direction", "state", "next_attempt_at"),
        # The queue itself: only what is still to be done, in the order in which it is.
        Index("ix_message_to_handle", "id", postgresql_where=TO_HANDLE, sqlite_where=TO_HANDLE),
        Index("ix_message_to_send", "next_attempt_at", "id", postgresql_where=TO_SEND, sqlite_where=TO_SEND),
        Index("ix_message_lane", "contact_id", "direction", "state", "position"),
        Index("ix_message_day", "direction", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    direction: Mapped[Direction] = mapped_column(String(8))
    channel: Mapped[Channel] = mapped_column(String(16))
    author: Mapped[Author] = mapped_column(String(16))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    # text, button, edited, media, page …: what it is, where that isn't plain text.
    kind: Mapped[str] = mapped_column(String(16), default="text")
    # Out, begun by the system and not by the person: of which series (bot/outbound.py).
    series: Mapped[str | None] = mapped_column(String(16), index=True)
    body: Mapped[str] = mapped_column(Encrypted("message.body"))
    options: Mapped[list[dict[str, str]] | None] = mapped_column(EncryptedJSON("message.options"))
    # Out: where to. In: the number or bot that was written to, so that the reply comes from there.
    address: Mapped[str | None] = mapped_column(Encrypted("message.address"))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    # The failed message that this one sends again; each is sent again once at most.
    resend_of_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), unique=True)
    form: Mapped[Form | None] = mapped_column(String(8))
    segments: Mapped[int] = mapped_column(default=1)
    # What was understood and decided: intent, probability, outcome, reason (no text).
    understood: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("message.understood"))
    state: Mapped[Delivery] = mapped_column(String(16))
    # The sender's clock in milliseconds where the channel tells it, else ours: the order of a lane.
    # The order within a contact's messages: microseconds of the sender's clock, or of the arrival.
    position: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UTCTime)
    error: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(UTCTime)

    contact: Mapped[Contact | None] = relationship()
    conversation: Mapped[Conversation | None] = relationship(viewonly=True)


class Escalation(Base):
    """One stay in the human queue, kept after it ended."""

    __tablename__ = "escalation"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    priority: Mapped[int]
    reason: Mapped[str] = mapped_column(String(32))
    # How it was noticed (patterns, the classifier's probability), for the operator; never a text.
    evidence: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("escalation.evidence"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    claimed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCTime)
    outcome: Mapped[str | None] = mapped_column(String(32))


class Note(Base):
    """An operator's internal note on a conversation; never sent."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    body: Mapped[str] = mapped_column(Encrypted("note.body"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
