"""What a person who came back needs, and how that goes on: kept by consent, coded for figures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, now


class Need(Base):
    """One thing a person asked for. `kind` is an intent's name, or one of bot/needs/codes.py."""

    __tablename__ = "need"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"))
    kind: Mapped[str] = mapped_column(String(32))
    province: Mapped[str | None] = mapped_column(String(2))
    district: Mapped[str | None] = mapped_column(String(4))
    for_whom: Mapped[str | None] = mapped_column(String(16))
    words: Mapped[str | None] = mapped_column(Encrypted("need.words"))
    # open | met (the person said that help came) | ended (they need it no longer, for whatever reason)
    state: Mapped[str] = mapped_column(String(16), default="open", server_default="open")
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Profile(Base):
    """What a person told of themselves in the interview. None: not told, or skipped."""

    __tablename__ = "profile"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"))
    province: Mapped[str | None] = mapped_column(String(2), index=True)
    district: Mapped[str | None] = mapped_column(String(4))
    sex: Mapped[str | None] = mapped_column(String(8))  # female | male
    age_band: Mapped[str | None] = mapped_column(String(8))  # 15-17 | 18-24 | 25-34 | 35-49 | 50+
    household: Mapped[str | None] = mapped_column(String(8))  # 1 | 2-4 | 5+
    children: Mapped[bool | None]
    country: Mapped[str | None] = mapped_column(String(2))  # ISO 3166; XX another one
    returned: Mapped[str | None] = mapped_column(String(8))  # months ago when told: 0-1 | 1-6 | 6+
    return_month: Mapped[str | None] = mapped_column(String(7))  # 2025-07, where the month was told
    reach: Mapped[str | None] = mapped_column(String(8))  # text | call | never
    woman_preferred: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The person's own words where no code fitted.
    words: Mapped[str | None] = mapped_column(Encrypted("profile.words"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Skill(Base):
    """A trade that a person knows from work abroad: a key of nlu/lexicon/trade.yml."""

    __tablename__ = "skill"

    contact_id: Mapped[int] = mapped_column(ForeignKey("profile.contact_id"), primary_key=True)
    trade: Mapped[str] = mapped_column(String(32), primary_key=True)


class FollowUp(Base):
    """A question, at an agreed time, whether help came: due -> sent -> answered, or dropped."""

    __tablename__ = "follow_up"
    __table_args__ = (Index("ix_follow_up_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    # due | sent | answered | unanswered | dropped
    state: Mapped[str] = mapped_column(String(16), default="due")
    due_at: Mapped[datetime] = mapped_column(UTCTime)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UTCTime)
    answer: Mapped[str | None] = mapped_column(String(16))  # yes | not_yet | other
    answered_at: Mapped[datetime | None] = mapped_column(UTCTime)


class SeriesOptOut(Base):
    """A person wants no more messages of one series (bot/outbound.py); STOP ends all of them."""

    __tablename__ = "series_opt_out"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class DayAlarm(Base):
    """Supervisors were told that a limit of a day (UTC) is near or reached: once for each `name`."""

    __tablename__ = "day_alarm"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class SpendAlarm(Base):
    """Managers were told that a month's spending reached a share of its limit: once for each."""

    __tablename__ = "spend_alarm"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    percent: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
