"""Re-encrypting everything with the current key, in small batches, while the helpline runs.

A batch is one short transaction, and a value is replaced only where it is still what was read, so a
message that comes meanwhile is never overwritten. Cut off anywhere, a second run goes on with what
is left: what needs work is seen from the values themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, Text, func, literal, not_, or_, select, tuple_, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import key_register
from bot.crypto import Undecryptable
from bot.database import Database
from bot.models import Base
from bot.models.columns import Encrypted, EncryptedJSON, keyring

BATCH = 200
_PAUSE_SECONDS = 0.02  # SQLite has one writer at a time: the others get their turn


@dataclass(frozen=True)
class Rotated:
    """A table's ending: rows rewritten, and rows that no key of PHLOV_KEYS opens."""

    table: str
    rewritten: int
    unreadable: int


def rotate(database: Database, batch: int = BATCH) -> Iterator[Rotated]:
    """Brings every table to the current key, one after the other; retires the other keys at the end."""
    everything_readable = True
    for table in Base.metadata.sorted_tables:
        if encrypted_columns(table):
            done = _rotate_table(database, table, batch)
            everything_readable = everything_readable and not done.unreadable
            yield done
    if everything_readable and not remaining(database):
        with database.transaction() as session:
            key_register.retire_others(session)


def remaining(database: Database) -> int:
    """How many rows hold a value that isn't written with the current key."""
    with database.reading() as session:
        return sum(
            session.scalar(select(func.count()).select_from(table).where(_is_old(table))) or 0
            for table in Base.metadata.sorted_tables
            if encrypted_columns(table)
        )


def encrypted_columns(table: Table) -> list[Column[Any]]:
    """The columns of `table` that are encrypted at rest."""
    return [column for column in table.columns if isinstance(column.type, Encrypted | EncryptedJSON)]


def blind_columns(table: Table) -> list[Column[Any]]:
    """The columns of `table` that hold keyed hashes."""
    return [column for column in table.columns if "blind_index" in column.info]


def _rotate_table(database: Database, table: Table, batch: int) -> Rotated:
    keys = list(table.primary_key.columns)
    last: tuple[Any, ...] | None = None
    rewritten = unreadable = 0
    while True:
        query = select(*_raw_columns(table)).order_by(*keys).limit(batch)
        if not blind_columns(table):  # a hash doesn't say which key made it
            query = query.where(_is_old(table))
        if last is not None:
            query = query.where(tuple_(*keys) > tuple_(*(literal(value) for value in last)))
        with database.transaction() as session:
            rows = list(session.execute(query).mappings())
            for row in rows:
                try:
                    rewritten += _rewrite(session, table, row)
                except (Undecryptable, IntegrityError):
                    unreadable += 1
        if not rows:
            return Rotated(table.name, rewritten, unreadable)
        last = tuple(rows[-1][key.name] for key in keys)
        time.sleep(_PAUSE_SECONDS)


def _rewrite(session: Session, table: Table, row: Mapping[Any, Any]) -> bool:
    """Re-encrypts and re-hashes one row where needed. Raises Undecryptable, IntegrityError."""
    clear: dict[str, Any] = dict(row)
    new: dict[str, Any] = {}
    unchanged = [column == row[column.name] for column in table.primary_key.columns]
    for column in encrypted_columns(table):
        token = row[column.name]
        if token is None:
            continue
        clear[column.name] = keyring().decrypt(token, column.type.context)  # type: ignore[attr-defined]
        if not keyring().is_current(token):
            sealed = keyring().encrypt(clear[column.name], column.type.context)  # type: ignore[attr-defined]
            new[column.name] = literal(sealed, Text)
            unchanged.append(type_coerce(column, Text) == token)
    for column in blind_columns(table):
        current = keyring().blind_index(column.info["blind_index"](clear))
        # What is under no key of ours was made unfindable on purpose, and stays so.
        if row[column.name] != current and row[column.name] in keyring().blind_indexes(
            column.info["blind_index"](clear)
        ):
            new[column.name] = current
    if not new:
        return False
    with session.begin_nested():
        session.execute(update(table).where(*unchanged).values(new))
    return True


def _raw_columns(table: Table) -> list[Any]:
    encrypted = set(encrypted_columns(table))
    return [type_coerce(c, Text).label(c.name) if c in encrypted else c for c in table.columns]


def _is_old(table: Table) -> Any:
    current = f"v1.{keyring().current_id}.%"
    return or_(*(not_(type_coerce(column, Text).like(current)) for column in encrypted_columns(table)))
