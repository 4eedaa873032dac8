"""Turns that fail: each ends at a human, with an honest word to the person. Both databases, no brain."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.brain import Brain, BrainTurn, BrainUnavailable, Events
from bot.database import Database
from bot.models import Channel, Conversation, Delivery, Direction, Message, State
from bot.models.columns import now
from bot.settings import Settings
from tests.conftest import Phone


def conversation(database: Database) -> Conversation:
    with database.reading() as session:
        return session.scalars(select(Conversation)).one()


class Silent:
    """A brain that can't be reached."""

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        raise BrainUnavailable("gone")


class Broken:
    """A brain whose answer makes every turn fail."""

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        raise RuntimeError("the text of this error must not be logged")


def without(brain: Brain, database: Database, settings: Settings) -> Phone:
    return Phone(database, brain, settings, Channel.SMS, "+85510000009")  # type: ignore[arg-type]


def test_without_the_brain_the_person_is_told_and_an_operator_sees_it(
    database: Database, settings: Settings
) -> None:
    reply = without(Silent(), database, settings).write("how can i get an identity card")
    assert "automatic answers don't work" in reply
    assert conversation(database).reason == "brain_unavailable"


def try_again_until_it_is_given_up(person: Phone, database: Database, text: str) -> None:
    person.write(text)
    for _ in range(4):
        with database.transaction() as session:
            session.execute(update(Message).values(next_attempt_at=now()))
        person.take_turns()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("how can i get an identity card", "brain_unavailable"), ("my husband beat me last night", "gbv")],
)
def test_the_last_try_does_without_the_brain_and_still_finds_danger(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    person = without(Broken(), database, settings)
    try_again_until_it_is_given_up(person, database, text)
    assert conversation(database).state == State.WAITING
    assert conversation(database).reason == reason
    assert "must not be logged" not in capsys.readouterr().err


def test_a_message_that_always_fails_is_set_aside_and_seen_by_a_human(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("this can't be carried out")

    person = without(Silent(), database, settings)
    monkeypatch.setattr("bot.turn.carry_out", fail)
    try_again_until_it_is_given_up(person, database, "how can i get an identity card")
    with database.reading() as session:
        states = session.scalars(select(Message.state).where(Message.direction == Direction.IN)).all()
    assert Delivery.QUARANTINED in states
    assert conversation(database).reason == "bot_failed"
    assert "automatic answers don't work" in person.last_words()


def test_a_message_that_kills_its_worker_each_time_goes_to_a_human(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_the_process(*_: object) -> None:
        raise SystemExit

    person = without(Silent(), database, settings)
    monkeypatch.setattr("bot.turn.decide", end_the_process)
    with contextlib.suppress(SystemExit):
        person.write("hello")
    for _ in range(3):
        with database.transaction() as session:
            session.execute(update(Message).values(lease_until=now() - timedelta(seconds=1)))
        with contextlib.suppress(SystemExit):
            person.take_turns()
    assert conversation(database).reason == "bot_failed"
    assert "automatic answers don't work" in person.last_words()


def test_a_notice_that_fails_too_still_leaves_the_message_to_a_human(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no words")

    person = without(Silent(), database, settings)
    monkeypatch.setattr("bot.turn.carry_out", fail)
    monkeypatch.setattr("bot.turn.notices.escalated", fail)
    try_again_until_it_is_given_up(person, database, "hello")
    assert conversation(database).reason == "bot_failed"
