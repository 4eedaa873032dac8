"""The database: SQLite for one machine, PostgreSQL for many. One engine a process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, func, inspect, select
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from bot import events, key_register, overrides
from bot.crypto import Keyring
from bot.models.columns import now, use_keyring
from bot.settings import ROOT, Settings, UnsafeSetting

RESTORE_UNDER_WAY = "restore_under_way"  # a table that is there from a restore's begin to its end
_BUSY_SECONDS = 10
_POOL_SECONDS = 5  # to wait for a free connection
_DEAD_PEER_SECONDS = 10  # until a database host that fell silent counts as gone


class Database:
    """Opens sessions on one engine; every write goes through `transaction`."""

    def __init__(self, engine: Engine, hurry: Callable[[], None] = lambda: None) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        events.watch(self._sessions, hurry)
        self._reading = sessionmaker(engine.execution_options(reading=True), expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back on an exception."""
        with self._sessions.begin() as session, overrides.within(session):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reads alone: on SQLite it doesn't wait for a writer."""
        with self._reading() as session, overrides.within(session):
            yield session


def shared_now(session: Session) -> datetime:
    """The present time for leases: the database's where hosts share it, as their own clocks may differ."""
    if session.get_bind().dialect.name == "sqlite":
        return now()
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment.astimezone(UTC)


def connect(settings: Settings) -> Database:
    """The database of `settings`, with the keys in use.

    Raises UnsafeSetting where data was written with a key that PHLOV_KEYS lacks, or where a restore
    was cut off. A database that can't be reached, or isn't migrated, is no error here: `/ready` tells it.
    """
    use_keyring(Keyring(settings.keys))
    hurry = events.RedisHurry(settings.redis_url) if settings.redis_url else lambda: None
    database = Database(make_engine(settings.database_url), hurry)
    with contextlib.suppress(OperationalError, ProgrammingError):
        _refuse_half_restored(database)
        check_keys(database)
    return database


def check_keys(database: Database) -> None:
    """Notes the current key as used here. Raises UnsafeSetting where PHLOV_KEYS lacks one in use."""
    with database.reading() as session:
        noted = key_register.require_all(session)
    if not noted:
        with contextlib.suppress(IntegrityError), database.transaction() as session:
            key_register.note_current(session)  # of several processes starting at once, one writes


def _refuse_half_restored(database: Database) -> None:
    """What was under way when the backup was made would be sent again. Raises UnsafeSetting."""
    with database.reading() as session:
        if inspect(session.connection()).has_table(RESTORE_UNDER_WAY):
            raise UnsafeSetting(
                "DATABASE_URL",
                "names a database whose restoring was cut off: run `phlov restore` with the backup again",
            )


def make_engine(url: str) -> Engine:
    """An engine with deadlines, and for SQLite with full durability and no deleted text left behind."""
    if not url.startswith("sqlite"):
        options = (
            "-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000"
        )
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            pool_timeout=_POOL_SECONDS,
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                "options": options,
                "keepalives_idle": _DEAD_PEER_SECONDS,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": _DEAD_PEER_SECONDS * 1000,
            },
        )
    path = url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver's own BEGIN comes too late and is deferred; ours is in _begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was acknowledged survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    # A read that turns into a write fails at once with "locked"; taking the lock first waits instead.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def migrate(settings: Settings, revision: str = "head") -> None:
    """Brings the schema up to `revision`, the newest by default."""
    command.upgrade(_alembic(settings.database_url), revision)


def is_migrated(database: Database) -> bool:
    """Whether the schema is at the newest revision."""
    newest = ScriptDirectory.from_config(_alembic("")).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def _alembic(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config
