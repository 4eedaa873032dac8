"""A person who writes to us on one channel, what they agreed to, and what they need."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, now


class Channel(StrEnum):
    SMS = "sms"
    TELEGRAM = "telegram"


class Form(StrEnum):
    """The three forms in which people write and are answered."""

    KHMER = "km"
    ROMANISED = "km_Latn"
    ENGLISH = "en"


class Contact(Base):
    """One address on one channel. The address is found by `address_hash`, a keyed hash."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Encrypted("contact.address"))
    address_hash: Mapped[str] = mapped_column(String(64))
    form: Mapped[Form] = mapped_column(String(8), default=Form.KHMER)
    form_chosen: Mapped[bool] = mapped_column(default=False)
    # The person's answer to "is it safe to text you here?"; None until they answered.
    safe_to_text: Mapped[bool | None]
    stopped_at: Mapped[datetime | None] = mapped_column(UTCTime)
    blocked_at: Mapped[datetime | None] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Consent(Base):
    """A yes to one purpose: when, to which text, in which form; withdrawn when."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    given: Mapped[bool]
    text_version: Mapped[str] = mapped_column(String(32))
    form: Mapped[Form] = mapped_column(String(8))
    channel: Mapped[Channel] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Need(Base):
    """What a person asked for, kept by consent."""

    __tablename__ = "need"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"))
    kind: Mapped[str] = mapped_column(String(32))
    province: Mapped[str | None] = mapped_column(String(2))
    for_whom: Mapped[str | None] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
