"""Job and training listings, the employers' links to enter them, and alerts that people asked for."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, now


class ListingState(StrEnum):
    """pending -> published -> closed, or rejected by a moderator. Nothing is told before published."""

    PENDING = "pending"
    PUBLISHED = "published"
    CLOSED = "closed"
    REJECTED = "rejected"


class EmployerLink(Base):
    """A manager's invitation to one employer to enter listings. The table holds the token's hash."""

    __tablename__ = "employer_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    employer: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Listing(Base):
    """A vacancy or a course. What people are told of it is coded or a name, so it needs no translation."""

    __tablename__ = "listing"
    __table_args__ = (Index("ix_listing_search", "state", "kind", "trade", "closes_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # The row's name in the file it came from; a second import of the same file changes, never doubles.
    reference: Mapped[str | None] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # job, training
    trade: Mapped[str] = mapped_column(String(32))  # a value of nlu/lexicon/trade.yml
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)  # further trades that fit
    province: Mapped[str] = mapped_column(String(2))
    district: Mapped[str | None] = mapped_column(String(4))
    employer_km: Mapped[str] = mapped_column(String(120))
    employer_latin: Mapped[str] = mapped_column(String(120))
    # What is paid (a job) or what the person gets (training), a period; 0 where it isn't said.
    wage_khr: Mapped[int] = mapped_column(default=0)
    wage_usd: Mapped[int] = mapped_column(default=0)
    wage_period: Mapped[str] = mapped_column(String(8), default="month")  # month, day
    places: Mapped[int] = mapped_column(default=1)
    phone: Mapped[str] = mapped_column(String(32))
    closes_on: Mapped[date] = mapped_column(Date)
    # The employer's own words, for the moderator; never told to people.
    description: Mapped[str] = mapped_column(Encrypted("listing.description"), default="")
    source: Mapped[str] = mapped_column(String(200))
    source_date: Mapped[date] = mapped_column(Date)
    state: Mapped[ListingState] = mapped_column(String(16), default=ListingState.PENDING)
    # Signs of fraud that were found (bot/jobs/fraud.py); with one a moderator must decide.
    signs: Mapped[list[str]] = mapped_column(JSON, default=list)
    employer_link_id: Mapped[int | None] = mapped_column(ForeignKey("employer_link.id"))
    moderated_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    moderated_at: Mapped[datetime | None] = mapped_column(UTCTime)
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    alerted_at: Mapped[datetime | None] = mapped_column(UTCTime)


class JobAlert(Base):
    """A person's wish to be told when a fitting listing comes, kept by their consent."""

    __tablename__ = "job_alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"))
    kind: Mapped[str] = mapped_column(String(16))
    trade: Mapped[str | None] = mapped_column(String(32))
    province: Mapped[str | None] = mapped_column(String(2))
    # Listings in the provinces next to it are told too.
    near: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCTime)


class JobAlertSent(Base):
    """That a listing was told for an alert: never twice."""

    __tablename__ = "job_alert_sent"
    __table_args__ = (UniqueConstraint("alert_id", "listing_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("job_alert.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
