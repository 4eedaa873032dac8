"""A referral to a partner, the partner's access to its page, and every step it took."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base
from bot.models.columns import Encrypted, EncryptedJSON, UTCTime, now
from bot.models.directory import Service
from bot.models.people import Contact


class ReferralState(StrEnum):
    """sent -> accepted -> first_contact -> done; or declined, no_answer, withdrawn."""

    SENT = "sent"
    ACCEPTED = "accepted"
    FIRST_CONTACT = "first_contact"
    DONE = "done"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"


class Referral(Base):
    __tablename__ = "referral"
    __table_args__ = (Index("ix_referral_due", "state", "state_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    # The person's yes to this partner and these fields.
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"))
    need: Mapped[str] = mapped_column(String(32))
    sensitive: Mapped[bool] = mapped_column(default=False)
    # Exactly what the person agreed to share: field -> value. Emptied when it is withdrawn.
    shared: Mapped[dict[str, str]] = mapped_column(EncryptedJSON("referral.shared"))
    state: Mapped[ReferralState] = mapped_column(String(16), default=ReferralState.SENT)
    state_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))  # None: the bot made it
    # What the partner asked for and has no answer to yet.
    question: Mapped[str | None] = mapped_column(Encrypted("referral.question"))
    decline_reason: Mapped[str | None] = mapped_column(String(32))
    reminders: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    contact: Mapped[Contact] = relationship()
    service: Mapped[Service] = relationship()


class ReferralAccess(Base):
    """A partner's way to one referral's page: a link, a one-time code, then a short browser session.

    The table holds hashes only; withdrawing deletes the row, which closes the page at once.
    """

    __tablename__ = "referral_access"

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_expires_at: Mapped[datetime | None] = mapped_column(UTCTime)
    tries: Mapped[int] = mapped_column(default=0)  # wrong tries of this code
    wrong: Mapped[int] = mapped_column(default=0)  # wrong tries of all codes: too many lock the page
    codes: Mapped[int] = mapped_column(default=0)  # codes made within the hour since `codes_since`
    codes_since: Mapped[datetime | None] = mapped_column(UTCTime)
    session_hash: Mapped[str | None] = mapped_column(String(64))
    session_expires_at: Mapped[datetime | None] = mapped_column(UTCTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCTime)

    referral: Mapped[Referral] = relationship()


class ReferralEvent(Base):
    """One step of a referral: by whom, into which state, and whether the person was told."""

    __tablename__ = "referral_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"), index=True)
    actor: Mapped[str] = mapped_column(String(32))  # bot, partner, system, operator:ID
    what: Mapped[str] = mapped_column(String(32))  # a state, or opened, asked_more, answered, reminded …
    words: Mapped[str | None] = mapped_column(Encrypted("referral_event.words"))
    told: Mapped[bool | None]  # whether the person was told; None where there was nothing to tell
    detail: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("referral_event.detail"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
