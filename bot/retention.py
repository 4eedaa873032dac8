"""Keeping nothing longer than it is needed: by class of data, each with its days, and with a proof.

What is erased are the encrypted columns of every table that hangs on a conversation or a contact, so a
table that is added later is covered too. Bare rows (states, times, codes) stay for the figures.
docs/retention.md tells the classes in words. Conversations with people, waiting or open, are never
touched.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, exists, null, or_, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.models import (
    Base,
    Consent,
    Contact,
    Conversation,
    Erasure,
    Escalation,
    Message,
    Need,
    Profile,
    Skill,
    StaffSession,
    State,
)
from bot.models.columns import Encrypted, now
from bot.rotation import encrypted_columns
from bot.settings import Settings

BATCH = 200
_OWNERS = {"conversation_id", "contact_id", "consent_id"}
_DONE_WITH = (State.BOT, State.CLOSED)


@dataclass(frozen=True)
class Erased:
    """How many things of a class were erased in a run."""

    kind: str
    number: int


def run(database: Database, settings: Settings, at: datetime | None = None) -> list[Erased]:
    """Erases what is overdue at `at` (now by default), in batches, and keeps a proof of it."""
    at = at or now()
    done = []
    for kind, overdue, erase in _CLASSES:
        before = at - timedelta(days=settings.keep_days[kind])
        number, last = 0, None
        while (ids := _batch(database, overdue(before), erase)) and ids != last:
            number, last = number + len(ids), ids
        done.append(Erased(kind, number))
    if database.is_sqlite:
        _leave_nothing_in_the_log(database)
    return done


def _batch(
    database: Database, overdue: Select[Any], erase: Callable[[Session, list[Any]], None]
) -> list[Any]:
    """Erases some of what is overdue; which ids those were. Each batch leaves its own proof."""
    with database.transaction() as session:
        ids = list(session.scalars(overdue.limit(BATCH)))
        if ids:
            erase(session, ids)
            _prove(session, overdue, ids)
    return ids


def _prove(session: Session, overdue: Select[Any], ids: list[Any]) -> None:
    table = overdue.columns_clause_froms[0].name  # type: ignore[attr-defined]
    receipt, at = secrets.token_hex(8), now()
    fields = "\x1f".join([receipt, at.isoformat(), table, *map(str, ids)])
    digest = hashlib.sha256(fields.encode()).hexdigest()
    session.add(Erasure(receipt=receipt, cause="retention", counts={table: len(ids)}, hash=digest, at=at))


def _idle(before: datetime) -> Select[Any]:
    """Conversations that nobody has in hand, quiet since `before`, with words left in them."""
    return (
        select(Conversation.id)
        .where(Conversation.state.in_(_DONE_WITH), Conversation.last_message_at < before)
        .where(
            or_(
                Conversation.words_erased_at.is_(None),
                Conversation.words_erased_at < Conversation.last_message_at,
            )
        )
        .order_by(Conversation.id)
    )


def _with_people() -> ColumnElement[bool]:
    return exists().where(Escalation.conversation_id == Conversation.id)


def _overdue_words(before: datetime) -> Select[Any]:
    return _idle(before).where(~_with_people())


def _overdue_cases(before: datetime) -> Select[Any]:
    return _idle(before).where(_with_people())


def _overdue_needs(before: datetime) -> Select[Any]:
    return select(Consent.id).where(
        Consent.at < before,
        or_(
            exists().where(Need.consent_id == Consent.id),
            exists().where(Profile.consent_id == Consent.id),
        ),
    )


def _overdue_people(before: datetime) -> Select[Any]:
    """Contacts of whom no words and no needs are left, and who agreed to nothing that still stands."""
    recent = (
        exists()
        .where(Conversation.contact_id == Contact.id)
        .where(or_(Conversation.last_message_at >= before, Conversation.state.not_in(_DONE_WITH)))
    )
    unerased = exists().where(Conversation.contact_id == Contact.id, Conversation.words_erased_at.is_(None))
    unread = exists().where(Message.contact_id == Contact.id, Message.created_at >= before)
    agreed = exists().where(
        Consent.contact_id == Contact.id, Consent.given.is_(True), Consent.withdrawn_at.is_(None)
    )
    return (
        select(Contact.id)
        .where(Contact.erased_at.is_(None), Contact.created_at < before)
        .where(~recent, ~unerased, ~unread)
        .where(or_(~agreed, ~exists().where(Need.contact_id == Contact.id)))
        .order_by(Contact.id)
    )


def _overdue_pages(before: datetime) -> Select[Any]:
    return select(Message.id).where(
        Message.kind == "page", Message.created_at < before, Message.address.is_not(None)
    )


def _overdue_sessions(before: datetime) -> Select[Any]:
    ended = or_(StaffSession.ended_at < before, StaffSession.seen_at < before)
    return select(StaffSession.token_hash).where(ended)


def _erase_words(session: Session, ids: list[Any]) -> None:
    for table, hangs_on in _hanging_on("conversation_id", ids):
        _blank(session, table, hangs_on)
    _blank(session, Conversation.__table__, Conversation.id.in_(ids))  # type: ignore[arg-type]
    # By the conversation's own clock: ours may have been set back.
    erased = {"words_erased_at": Conversation.last_message_at}
    session.execute(update(Conversation).where(Conversation.id.in_(ids)).values(erased))


def _erase_needs(session: Session, ids: list[Any]) -> None:
    for table, hangs_on in _hanging_on("consent_id", ids):
        _blank(session, table, hangs_on)
    of_profiles = select(Profile.contact_id).where(Profile.consent_id.in_(ids))
    session.execute(delete(Skill).where(Skill.contact_id.in_(of_profiles)))
    session.execute(delete(Profile).where(Profile.consent_id.in_(ids)))
    session.execute(delete(Need).where(Need.consent_id.in_(ids)))


def _erase_people(session: Session, ids: list[Any]) -> None:
    for table, hangs_on in _hanging_on("contact_id", ids):
        _blank(session, table, hangs_on)
    _blank(session, Contact.__table__, Contact.id.in_(ids))  # type: ignore[arg-type]
    for contact in session.scalars(select(Contact).where(Contact.id.in_(ids))):
        contact.erased_at = now()
        if contact.stopped_at is None:  # who ended all messages stays recognisable, by the hash alone
            contact.address_hash = secrets.token_hex(32)


def _erase_pages(session: Session, ids: list[Any]) -> None:
    _blank(session, Message.__table__, Message.id.in_(ids))  # type: ignore[arg-type]


def _erase_sessions(session: Session, ids: list[Any]) -> None:
    session.execute(delete(StaffSession).where(StaffSession.token_hash.in_(ids)))


def owners(table: Table) -> set[str]:
    """By which columns `table` hangs on a conversation, a contact or a consent."""
    return _OWNERS & set(table.columns.keys())


def _hanging_on(owner: str, ids: list[Any]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables with encrypted columns, and which of their rows hang on `owner`, directly or by a parent.

    What is kept by consent doesn't go with its conversation.
    """
    for table in Base.metadata.sorted_tables:
        if not encrypted_columns(table):
            continue
        if owner in table.columns and not _kept_longer(owner, table):
            yield table, table.columns[owner].in_(ids)
        elif not owners(table):
            for link in table.foreign_keys:
                parent = link.column.table
                if owner in parent.columns and not _kept_longer(owner, parent):
                    yield table, link.parent.in_(select(link.column).where(parent.columns[owner].in_(ids)))


def _kept_longer(owner: str, table: Table) -> bool:
    return owner == "conversation_id" and "consent_id" in table.columns


def _blank(session: Session, table: Table, which: ColumnElement[bool]) -> None:
    """Empties the encrypted columns of the rows."""
    values: dict[str, Any] = {}
    for column in encrypted_columns(table):
        empty: Any = "" if isinstance(column.type, Encrypted) else []
        values[column.name] = null() if column.nullable else empty
    session.execute(update(table).where(which).values(values))


_CLASSES: tuple[tuple[str, Callable[[datetime], Select[Any]], Callable[[Session, list[Any]], None]], ...] = (
    ("words", _overdue_words, _erase_words),
    ("cases", _overdue_cases, _erase_words),
    ("needs", _overdue_needs, _erase_needs),
    ("people", _overdue_people, _erase_people),
    ("pages", _overdue_pages, _erase_pages),
    ("sessions", _overdue_sessions, _erase_sessions),
)


def _leave_nothing_in_the_log(database: Database) -> None:
    """What was overwritten stays in SQLite's write-ahead log until that is truncated."""
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
