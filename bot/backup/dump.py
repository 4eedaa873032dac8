"""Writing a backup: all tables in one consistent view, row by row, as the columns are at rest."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, select

from bot.backup.stream import NotABackup, SealedReader, SealedWriter
from bot.database import Database
from bot.models.columns import keyring

# Where the schema is, who is signed in, and who is alive: of the moment, not of the data.
LEFT_OUT = frozenset({"alembic_version", "staff_session", "beat"})
_ROWS = 1000


class BackupDamaged(Exception):
    """The backup can be opened but isn't whole."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds: the schema's revision, when it was made, and rows by table."""

    revision: str
    at: str
    rows: dict[str, int] = field(default_factory=dict)


def write(database: Database, file: Path) -> Contents:
    """Writes a backup to `file`, and reads it back; an unfinished one never gets its name."""
    draft = file.with_name(f".{file.name}.partial")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            written = _dump(database, cast(BinaryIO, raw))
            raw.flush()
            os.fsync(raw.fileno())
        if check(draft) != written:
            raise BackupDamaged("what was read back isn't what was written")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return written


def check(file: Path) -> Contents:
    """Reads `file` to its end. Raises NotABackup, BackupDamaged, or Undecryptable without its key."""
    with opened(file) as (contents, tables):
        rows = {name: sum(1 for _ in rows) for name, _, rows in tables}
    return Contents(contents.revision, contents.at, rows)


Tables = Iterator[tuple[str, list[str], Iterator[list[Any]]]]


@contextmanager
def opened(file: Path) -> Iterator[tuple[Contents, Tables]]:
    """The head of `file`, and its tables to be read in order, each to its end."""
    with file.open("rb") as raw:
        sealed = io.BufferedReader(cast(io.RawIOBase, SealedReader(cast(BinaryIO, raw), keyring())))
        try:
            with gzip.GzipFile(fileobj=sealed) as clear:
                lines = map(json.loads, clear)
                head = next(lines)
                yield Contents(head["revision"], head["at"]), _tables(lines)
        except (OSError, EOFError, ValueError, KeyError, StopIteration) as error:
            raise NotABackup("the file is damaged") from error


def _tables(lines: Iterator[Any]) -> Tables:
    """Tables until the last line, which tells the number of rows of each."""
    seen: dict[str, int] = {}
    line = next(lines, None)
    while isinstance(line, dict) and "table" in line:
        name = line["table"]
        following: list[Any] = []
        seen[name] = 0

        def rows(name: str = name, following: list[Any] = following) -> Iterator[list[Any]]:
            for item in lines:
                if not isinstance(item, list):
                    following.append(item)
                    return
                seen[name] += 1
                yield item

        reading = rows()
        yield name, line["columns"], reading
        for _ in reading:  # what the caller left
            pass
        line = following[0] if following else None
    if not isinstance(line, dict) or line.get("end") != seen:
        raise BackupDamaged("rows are missing")


def _dump(database: Database, raw: BinaryIO) -> Contents:
    with _consistent(database) as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision is None:
            raise BackupDamaged("the database has no tables (phlov migrate makes them)")
        metadata = MetaData()
        metadata.reflect(connection)
        contents = Contents(revision, datetime.now(UTC).isoformat(timespec="seconds"))
        sealed = SealedWriter(raw, keyring())
        with gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=1, mtime=0) as clear:
            _line(clear, {"phlov": 1, "revision": revision, "at": contents.at})
            for table in metadata.sorted_tables:
                if table.name not in LEFT_OUT:
                    _line(clear, {"table": table.name, "columns": [c.name for c in table.columns]})
                    contents.rows[table.name] = _dump_table(connection, table, clear)
            _line(clear, {"end": contents.rows})
        sealed.close()
    return contents


@contextmanager
def _consistent(database: Database) -> Iterator[Connection]:
    """A connection that sees one moment's rows, however long it reads."""
    if database.is_sqlite:
        with database.engine.execution_options(reading=True).connect() as connection:
            yield connection
    else:
        level = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with database.engine.execution_options(**level).connect() as connection:
            yield connection


def _dump_table(connection: Connection, table: Table, clear: gzip.GzipFile) -> int:
    number = 0
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS)
    for row in connection.execute(query):
        _line(clear, [_plain(value) for value in row])
        number += 1
    return number


def _plain(value: Any) -> Any:
    """`value` for JSON; the column's type makes it whole again (load.py)."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, Decimal) else value


def _line(clear: gzip.GzipFile, content: Any) -> None:
    clear.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")
