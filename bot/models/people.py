"""A person who writes to us on one channel, what they agreed to, and the proof of what was deleted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot import aliases
from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, blind_index, now


class Channel(StrEnum):
    SMS = "sms"
    TELEGRAM = "telegram"
    EMAIL = "email"  # to partners only, with a link and nothing about anyone


class Form(StrEnum):
    """The three forms in which people write and are answered."""

    KHMER = "km"
    ROMANISED = "km_Latn"
    ENGLISH = "en"


def _alias(context: Any) -> str:
    return aliases.unused(context.connection)


class Contact(Base):
    """One address on one channel. The address is found by `address_hash`, a keyed hash."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Encrypted("contact.address"))
    address_hash: Mapped[str] = mapped_column(
        String(64), info=blind_index(lambda row: f"{row['channel']}:{row['address']}")
    )
    form: Mapped[Form] = mapped_column(String(8), default=Form.KHMER)
    form_chosen: Mapped[bool] = mapped_column(default=False)
    # The person's answer to "is it safe to text you here?"; None until they answered.
    safe_to_text: Mapped[bool | None]
    # Two neutral words by which operators speak of the person (bot/aliases.py).
    alias: Mapped[str] = mapped_column(String(aliases.LONGEST), unique=True, default=_alias)
    # Contacts that an operator linked as one person share the first one's id.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    # Safe contact (bot/safe_contact.py): hours of Phnom Penh not to write in, from and until.
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    # When the person writes this word, the conversation turns harmless at once, until an operator ends it.
    code_word: Mapped[str | None] = mapped_column(Encrypted("contact.code_word"))
    covered_since: Mapped[datetime | None] = mapped_column(UTCTime)
    prefers_call: Mapped[bool] = mapped_column(default=False, server_default=false())
    contact_note: Mapped[str | None] = mapped_column(Encrypted("contact.contact_note"))
    stopped_at: Mapped[datetime | None] = mapped_column(UTCTime)
    blocked_at: Mapped[datetime | None] = mapped_column(UTCTime)
    # Told an age under 15 without an adult: no consent is asked, a person answers.
    seems_child: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether the bot may learn from their messages is asked once only.
    learning_asked_at: Mapped[datetime | None] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    # When retention took the address away: nothing is left by which the person could be found.
    erased_at: Mapped[datetime | None] = mapped_column(UTCTime)


class ConsentText(Base):
    """The words of a consent question as they were shown; `version` is their hash."""

    __tablename__ = "consent_text"

    version: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))
    form: Mapped[Form] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    shown_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Consent(Base):
    """A yes or no to one purpose: when, to which text, in which form; withdrawn when."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    # For sharing: with which partner; one yes never covers another partner.
    partner: Mapped[str | None] = mapped_column(String(64))
    given: Mapped[bool]
    # asked | adult (one answered for a child) | emergency (an operator's exception, with a reason)
    basis: Mapped[str] = mapped_column(String(16), default="asked", server_default="asked")
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    reason: Mapped[str | None] = mapped_column(Encrypted("consent.reason"))
    text_version: Mapped[str] = mapped_column(String(32))
    form: Mapped[Form] = mapped_column(String(8))
    channel: Mapped[Channel] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Erasure(Base):
    """The proof that something was deleted: when, how many rows of what, and nothing of what they held."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Told to the person; whoever has it can ask for the proof.
    receipt: Mapped[str] = mapped_column(String(16), unique=True)
    cause: Mapped[str] = mapped_column(String(16))
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    # Over the receipt, the time and the ids of the rows that are gone.
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
