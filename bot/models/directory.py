"""The service directory: organisations, what they offer where, and how each entry changed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, String, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base
from bot.models.columns import Encrypted, EncryptedJSON, UTCTime, now


class ReferralMethod(StrEnum):
    """How a service takes people whom we refer."""

    NONE = "none"  # people go or call by themselves
    SMS = "sms"  # a link by SMS to `referral_address`, its code by SMS to the same number
    EMAIL = "email"  # a link by e-mail to `referral_address`; an operator reads the code out
    PHONE = "phone"  # an operator sends or reads out the link and the code


class Capacity(StrEnum):
    UNKNOWN = "unknown"
    OPEN = "open"
    LIMITED = "limited"
    FULL = "full"


class Organisation(Base):
    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name_km: Mapped[str] = mapped_column(String(200))
    name_km_Latn: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    website: Mapped[str] = mapped_column(String(200), default="")
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now, onupdate=now)

    services: Mapped[list[Service]] = relationship(back_populates="organisation", order_by="Service.id")


class Service(Base):
    """What an organisation offers. Lists are coded (bot/directory/codes.py), so that every form of the
    language can tell them; what is told rests on `confirmed_on` and `review_due`, or on `facts`."""

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    name_km: Mapped[str] = mapped_column(String(200))
    name_km_Latn: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    place_km: Mapped[str] = mapped_column(String(200), default="")
    place_km_Latn: Mapped[str] = mapped_column(String(200), default="")
    place_en: Mapped[str] = mapped_column(String(200), default="")
    needs: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Codes "01" to "25"; none stands for the whole country.
    provinces: Mapped[list[str]] = mapped_column(JSON, default=list)
    eligibility: Mapped[list[str]] = mapped_column(JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    cost: Mapped[str] = mapped_column(String(16), default="unknown")
    # Like "Mo-Fr 07:30-11:30 14:00-17:00; Sa 08:00-12:00", or "24/7"; empty where not known.
    hours: Mapped[str] = mapped_column(String(120), default="")
    # Told to people: a number or an address, or a fact's value ("svc-bakc-1281.phone").
    phone: Mapped[str] = mapped_column(String(64), default="")
    phone_fact: Mapped[str] = mapped_column(String(96), default="")
    referral_method: Mapped[ReferralMethod] = mapped_column(String(16), default=ReferralMethod.NONE)
    # Where referrals go, never told to people.
    referral_address: Mapped[str | None] = mapped_column(Encrypted("service.referral_address"))
    referral_language: Mapped[str] = mapped_column(String(8), default="km")
    capacity: Mapped[Capacity] = mapped_column(String(16), default=Capacity.UNKNOWN)
    # Violence and the like: the bot neither names nor refers to it, an operator does.
    sensitive: Mapped[bool] = mapped_column(default=False)
    published: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    facts: Mapped[list[str]] = mapped_column(JSON, default=list)
    source: Mapped[str] = mapped_column(String(300))
    source_date: Mapped[str] = mapped_column(String(64))
    confirmed_on: Mapped[date | None] = mapped_column(Date)
    confirmed_by: Mapped[str] = mapped_column(String(120), default="")
    review_due: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(500), default="")  # for operators only
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now, onupdate=now)

    organisation: Mapped[Organisation] = relationship(back_populates="services")


class DirectoryChange(Base):
    """One edit or import of an entry, or of an organisation by itself: who, when, and each field's old and
    new value."""

    __tablename__ = "directory_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))  # None: a command
    how: Mapped[str] = mapped_column(String(16))  # edit, import, seed
    fields: Mapped[dict[str, list[object]]] = mapped_column(EncryptedJSON("directory_change.fields"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
