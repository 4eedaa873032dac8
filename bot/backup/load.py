"""Restoring a backup into an empty database, of either kind, in one transaction."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import AddConstraint, DropConstraint

from bot.backup import held
from bot.backup.dump import LEFT_OUT, BackupDamaged, Contents, Tables, check, opened
from bot.database import RESTORE_UNDER_WAY, Database, make_engine, migrate
from bot.settings import Settings

_ROWS = 500
_OF_PEOPLE = ("contact", "message", "operator")


class NotEmpty(Exception):
    """The database holds data: a backup is restored into an empty one only."""


def restore(settings: Settings, file: Path) -> Contents:
    """Restores `file` into the empty database of `settings`, then brings its schema up to date.

    What was under way when the backup was made isn't sent again: it goes to people (bot/backup/held.py).
    Cut off anywhere, it is begun anew by calling it again; until then no part of the helpline starts on
    that database (bot/database.py). Raises NotEmpty, NotABackup, BackupDamaged, Undecryptable; the
    database then holds no data.
    """
    contents = check(file)  # before anything is changed
    database = Database(make_engine(settings.database_url))
    try:
        _empty(database)
        migrate(settings, contents.revision)
        with opened(file) as (_, tables), database.engine.begin() as connection:
            loaded = _load(connection, tables)
        if loaded != contents.rows:
            raise BackupDamaged("not every row was restored")
        migrate(settings)
        held.hold(database)
        with database.engine.begin() as connection:
            connection.execute(text(f"DROP TABLE {RESTORE_UNDER_WAY}"))
    finally:
        database.engine.dispose()
    return contents


def _empty(database: Database) -> None:
    """Drops the tables of a database that nobody has used yet, or whose restoring was cut off, and notes
    that restoring has begun. Raises NotEmpty."""
    with database.engine.begin() as connection:
        existing = MetaData()
        existing.reflect(connection)
        of_people = [existing.tables[name] for name in _OF_PEOPLE if name in existing.tables]
        for table in of_people if RESTORE_UNDER_WAY not in existing.tables else []:
            if connection.scalar(select(func.count()).select_from(table)):
                raise NotEmpty(table.name)
        existing.drop_all(connection)
        connection.execute(text(f"CREATE TABLE {RESTORE_UNDER_WAY} (began_at TIMESTAMP)"))


def _load(connection: Connection, tables: Tables) -> dict[str, int]:
    metadata = MetaData()
    metadata.reflect(connection)
    loaded: dict[str, int] = {}
    links = _let_go_of_links(connection, metadata)
    for table in reversed(metadata.sorted_tables):  # what the migrations themselves put in is in the backup
        if table.name not in LEFT_OUT:
            connection.execute(table.delete())
    for name, columns, rows in tables:
        table = metadata.tables[name]
        read = [_reader(table, column) for column in columns]
        loaded[name] = 0
        while some := list(islice(rows, _ROWS)):
            values = [{column: read[i](row[i]) for i, column in enumerate(columns)} for row in some]
            connection.execute(insert(table), values)
            loaded[name] += len(values)
    for link in links:
        connection.execute(AddConstraint(link))
    if connection.dialect.name == "postgresql":
        _count_on(connection, metadata)
    return loaded


def _let_go_of_links(connection: Connection, metadata: MetaData) -> list[Any]:
    """Foreign keys wait until all rows are in: a message may answer a later one."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        return []
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    links = [link for table in metadata.sorted_tables for link in table.foreign_key_constraints]
    for link in links:
        connection.execute(DropConstraint(link))
    return links


def _count_on(connection: Connection, metadata: MetaData) -> None:
    """New rows get ids behind the restored ones."""
    for table in metadata.sorted_tables:
        for column in inspect(table).primary_key:
            sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            last = connection.scalar(select(func.max(column)))
            if sequence and last:
                connection.execute(select(func.setval(sequence, last)))


def _reader(table: Table, column: str) -> Callable[[Any], Any]:
    """What makes a JSON value of `column` whole again."""
    kind = table.columns[column].type
    if isinstance(kind, DateTime):
        return lambda value: value and _time(value, bool(kind.timezone))
    if isinstance(kind, Date):
        return lambda value: value and date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return lambda value: value if value is None else base64.b64decode(value)
    if isinstance(kind, Numeric) and kind.asdecimal:
        return lambda value: value if value is None else Decimal(str(value))
    return lambda value: value


def _time(value: str, aware: bool) -> datetime:
    moment = datetime.fromisoformat(value).astimezone(UTC)
    return moment if aware else moment.replace(tzinfo=None)
