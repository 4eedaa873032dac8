"""kill -9 in the middle of a migration, a change of keys and a restore: doing it again ends it whole.

Each is killed after statements spread over all it does; CHAOS_KILLS says how many (`make chaos`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, inspect, select
from sqlalchemy.engine import Engine

from bot import backup, rotation
from bot.crypto import Keyring
from bot.database import Database, connect, make_engine, migrate
from bot.inbox import Inbound, accept
from bot.models import Channel, Message
from bot.models.columns import use_keyring
from bot.settings import Settings, UnsafeSetting
from tests.chaos import victim
from tests.migrations.test_upgrade import make_of_schema_two

KILLS = min(int(os.environ.get("CHAOS_KILLS", "2")), 20)
KILLED = -9
OLD, NEW = os.urandom(32), os.urandom(32)
WORDS = [f"markedwords {number}" for number in range(30)]

NewDatabase = Callable[[], Settings]


@pytest.fixture
def new_database(
    request: pytest.FixtureRequest, environment: dict[str, str], settings: Settings, tmp_path: Path
) -> Iterator[NewDatabase]:
    """Settings of a database without tables, another one at each call, of the test's kind."""
    made: list[Settings] = []

    def new() -> Settings:
        if settings.database_url.startswith("sqlite"):
            url = f"sqlite:///{tmp_path}/upkeep{len(made)}.db"
        else:
            create: Callable[..., str] = request.getfixturevalue("new_postgresql_database")
            url = create(filled=False).replace("postgresql://", "postgresql+psycopg://")
        made.append(replace(settings, database_url=url, keys=(OLD,)))
        return made[-1]

    yield new
    use_keyring(Keyring(settings.keys))


@contextmanager
def statements() -> Iterator[list[int]]:
    """How many statements are executed meanwhile, in this process."""
    count = [0]

    def executed(*_: object) -> None:
        count[0] += 1

    event.listen(Engine, "after_cursor_execute", executed)
    yield count
    event.remove(Engine, "after_cursor_execute", executed)


def spread(total: int) -> list[int]:
    """Places between the first statement and the last."""
    return [round((kill + 1) * total / (KILLS + 1)) for kill in range(KILLS)]


def filled(settings: Settings) -> Database:
    migrate(settings)
    database = connect(settings)
    for number, words in enumerate(WORDS):
        accept(database, Inbound(Channel.SMS, f"SM{number}", f"+8551000{number:04}", words))
    return database


def words_in(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Message.body).order_by(Message.id)))


def is_empty(settings: Settings) -> bool:
    engine = make_engine(settings.database_url)
    tables = inspect(engine).get_table_names()
    engine.dispose()
    return not tables


def refusal(settings: Settings) -> str:
    """What a start on this database says."""
    with pytest.raises(UnsafeSetting) as refused:
        connect(settings)
    return str(refused.value)


def test_a_migration_killed_anywhere_is_run_again_and_every_row_is_kept(new_database: NewDatabase) -> None:
    def older() -> Settings:
        settings = new_database()
        use_keyring(Keyring(settings.keys))
        make_of_schema_two(settings, people=5)
        return settings

    settings = older()
    with statements() as count:
        migrate(settings)
    for place in spread(count[0]):
        settings = older()
        assert victim.run(victim.migrate_to_newest, settings, place) == KILLED
        migrate(settings)
        database = connect(settings)
        assert words_in(database) == [f"message {number}" for number in range(1, 6)]
        database.engine.dispose()


def test_a_change_of_keys_killed_anywhere_goes_on_and_nothing_is_unreadable(
    new_database: NewDatabase,
) -> None:
    def changing(settings: Settings) -> Settings:
        return replace(settings, keys=(NEW, OLD))

    settings = new_database()
    filled(settings).engine.dispose()
    database = connect(changing(settings))
    with statements() as count:
        list(rotation.rotate(database, batch=5))
    database.engine.dispose()
    for place in spread(count[0]):
        settings = new_database()
        filled(settings).engine.dispose()
        assert victim.run(victim.rotate_keys, changing(settings), place) == KILLED
        database = connect(changing(settings))
        assert words_in(database) == WORDS
        assert sum(done.unreadable for done in rotation.rotate(database, batch=5)) == 0
        assert rotation.remaining(database) == 0
        database.engine.dispose()
        alone = connect(replace(settings, keys=(NEW,)))
        assert words_in(alone) == WORDS
        alone.engine.dispose()


def test_a_restore_killed_anywhere_is_done_again(new_database: NewDatabase, tmp_path: Path) -> None:
    file = tmp_path / "whole.backup"
    source = filled(new_database())
    backup.write(source, file)
    settings = new_database()
    with statements() as count:
        backup.restore(settings, file)
    for place in spread(count[0]):
        settings = new_database()
        assert victim.run(victim.restore_backup, settings, file, place) == KILLED
        assert is_empty(settings) or "phlov restore" in refusal(settings)
        backup.restore(settings, file)
        database = connect(settings)
        assert words_in(database) == WORDS
        database.engine.dispose()
    source.engine.dispose()
