"""How long does upkeep take on a database that has grown? `python -m bench upkeep`, on PostgreSQL.

* `keys`: 100,000 messages re-encrypted with a new key while another one is stored every 20 ms;
* `backup`: a million messages written to an encrypted backup and restored from it into an empty database.

Tests B4 and B1 of docs/reliability.md, whose pass conditions are printed beside the figures.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select, text

from bench.growth import grow_to, handle_one
from bench.percentiles import summary
from bot import backup, inbox, rotation
from bot.channels import providers as make_providers
from bot.crypto import Keyring
from bot.database import Database, connect, migrate
from bot.models import Channel, Conversation, Message
from bot.models.columns import use_keyring
from bot.settings import Settings, load_settings
from tests.chaos.servers import PostgreSQL
from tests.stand_ins import Providers

_PAUSE_SECONDS = 0.02
_Result = TypeVar("_Result")


def run(rotated: int = 100_000, restored: int = 1_000_000) -> dict[str, Any]:
    """Both, each on a database of its own with so many messages."""
    with _grown(rotated) as scene:
        keys = _rotate(scene)
    with _grown(restored) as scene:
        return {"keys": keys, "backup": _restore(scene)}


@dataclass(frozen=True)
class _Scene:
    server: PostgreSQL
    database: Database
    settings: Settings
    folder: Path


@contextmanager
def _grown(messages: int) -> Iterator[_Scene]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        server = stack.enter_context(PostgreSQL(folder / "servers"))
        stand_ins = stack.enter_context(Providers())
        environment = {"PHLOV_VAR": str(folder), "TWILIO_API_URL": stand_ins.url}
        settings = load_settings({**environment, "DATABASE_URL": server.new_database("grown")})
        migrate(settings)
        database = connect(settings)
        stack.callback(database.engine.dispose)
        handle_one(database, settings, make_providers(settings), 1)
        with database.reading() as session:
            template = session.scalars(select(Conversation.id)).one()
        grow_to(database, template, messages)
        yield _Scene(server, database, settings, folder)


def _rotate(scene: _Scene) -> dict[str, Any]:
    use_keyring(Keyring((os.urandom(32), *scene.settings.keys)))
    before = _count(scene.database)
    done = threading.Event()
    stored: list[float] = []
    writing = threading.Thread(target=_write_until, args=(scene.database, done, stored))
    writing.start()
    seconds, tables = _timed(lambda: list(rotation.rotate(scene.database)))
    done.set()
    writing.join()
    with scene.database.reading() as session:
        readable = sum(1 for body in session.scalars(select(Message.body)) if body)
    return {
        "messages": before,
        "seconds": seconds,
        "rows rewritten": sum(table.rewritten for table in tables),
        "rows that no key opens": sum(table.unreadable for table in tables),
        "rows left with the old key": rotation.remaining(scene.database),
        "messages stored meanwhile": len(stored),
        "storing one meanwhile, ms": summary(stored),
        "messages lost": before + len(stored) - _count(scene.database),
        "messages read afterwards": readable,
        "passes where": "none that no key opens, none left, none lost, all read",
    }


def _write_until(database: Database, done: threading.Event, stored: list[float]) -> None:
    while not done.wait(_PAUSE_SECONDS):
        number = len(stored)
        message = inbox.Inbound(Channel.SMS, f"SMmeanwhile{number}", f"+85578{number:07}", "are you there")
        began = time.perf_counter()
        inbox.accept(database, message)
        stored.append(time.perf_counter() - began)


def _restore(scene: _Scene) -> dict[str, Any]:
    file = scene.folder / "phlov.backup"
    writing, contents = _timed(lambda: backup.write(scene.database, file))
    with scene.database.reading() as session:
        size = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    empty = load_settings(
        {"PHLOV_VAR": str(scene.folder), "DATABASE_URL": scene.server.new_database("restored")}
    )
    restoring, restored = _timed(lambda: backup.restore(replace(empty, keys=scene.settings.keys), file))
    return {
        "database MiB": round(size / 2**20),
        "backup MiB": round(file.stat().st_size / 2**20),
        "rows": sum(contents.rows.values()),
        "seconds to write and read back": writing,
        "seconds to restore": restoring,
        "rows missing": sum(contents.rows.values()) - sum(restored.rows.values()),
        "passes where": "no row missing",
    }


def _timed(job: Callable[[], _Result]) -> tuple[float, _Result]:
    began = time.monotonic()
    result = job()
    return round(time.monotonic() - began, 1), result


def _count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0
