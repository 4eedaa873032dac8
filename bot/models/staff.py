"""Operators, their teams and sessions, and the audit trail of what they did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base
from bot.models.columns import Encrypted, UTCTime, blind_index, now
from bot.models.people import Channel


class Role(StrEnum):
    """What an operator is there for; bot/permissions.py says what each may do."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


team_member = Table(
    "team_member",
    Base.metadata,
    Column("team_id", ForeignKey("team.id"), primary_key=True),
    Column("operator_id", ForeignKey("operator.id"), primary_key=True, index=True),
)


class Team(Base):
    """Operators who share conversations: the women's desk, Thai speakers …"""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    name_km: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))


class Operator(Base):
    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Encrypted("operator.name"))
    name_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info=blind_index(lambda row: f"operator:{row['name'].strip().casefold()}")
    )
    role: Mapped[Role] = mapped_column(String(16), default=Role.OPERATOR)
    password_hash: Mapped[str] = mapped_column(String(128))
    # A password made by a command is for one sign-in: the next page asks for an own one.
    one_time: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(8), default="km")
    on_call: Mapped[bool] = mapped_column(default=False)
    pager_channel: Mapped[Channel | None] = mapped_column(String(16))
    pager_address: Mapped[str | None] = mapped_column(Encrypted("operator.pager_address"))
    disabled_at: Mapped[datetime | None] = mapped_column(UTCTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    # The secret counts from `totp_confirmed_at` on; a step of the clock is accepted once.
    totp_secret: Mapped[str | None] = mapped_column(Encrypted("operator.totp_secret"))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    totp_last_step: Mapped[int | None]

    # Read with the operator: a request decides by them after its session is closed.
    teams: Mapped[list[Team]] = relationship(secondary=team_member, lazy="selectin", order_by=Team.id)


class StaffSession(Base):
    """A signed-in browser. The cookie holds a random token, the table its hash."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    # The last request, and the last one that somebody made by hand.
    seen_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    active_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    locked_at: Mapped[datetime | None] = mapped_column(UTCTime)
    # When the operator last proved to be it: by password, code or both.
    proved_at: Mapped[datetime | None] = mapped_column(UTCTime)
    code_given_at: Mapped[datetime | None] = mapped_column(UTCTime)
    refused: Mapped[int] = mapped_column(default=0, server_default="0")
    browser: Mapped[str] = mapped_column(String(64), default="", server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(UTCTime)

    operator: Mapped[Operator] = relationship()


class RecoveryCode(Base):
    """Stands in once for a code of the app."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    code_digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Opening(Base):
    """An operator opened a conversation of another team, and why."""

    __tablename__ = "opening"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str] = mapped_column(Encrypted("opening.reason"))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    until: Mapped[datetime] = mapped_column(UTCTime)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCTime)


class AuditEvent(Base):
    """Who did what to which thing and when. Append-only; each row's hash covers the one before."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    actor: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(128), default="")
    hash: Mapped[str] = mapped_column(String(64), unique=True)
