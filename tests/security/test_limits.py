"""Floods and dear numbers: replies end, money is kept, and nobody in danger is cut off."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot import limits, outbox, sender
from bot.channels import providers as make_providers
from bot.database import Database
from bot.models import (
    Author,
    Channel,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Message,
    Operator,
    Role,
    State,
)
from bot.operators import add
from bot.settings import Settings
from tests.security.conftest import Writer
from tests.stand_ins import Providers

PERSON = "+85510000001"
MENU = "!menu:documents"  # answered without the brain
DANGER = "my husband beat me again and says he will kill me tonight"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, replies_per_hour=5, segments_per_day=40)


def conversations(database: Database) -> list[Conversation]:
    with database.reading() as session:
        return list(session.scalars(select(Conversation).order_by(Conversation.id)))


def replies(database: Database, author: Author = Author.BOT) -> list[Message]:
    with database.reading() as session:
        query = select(Message).where(Message.direction == Direction.OUT, Message.author == author)
        return list(session.scalars(query.where(Message.kind == "text").order_by(Message.id)))


def send_all(database: Database, settings: Settings) -> None:
    channels = make_providers(settings)
    while sender.send_next(database, channels):
        pass


def test_after_too_many_messages_a_person_takes_over_and_the_one_who_writes_is_told_once(
    database: Database, writer: Writer
) -> None:
    for _ in range(30):
        writer.write(PERSON, payload=MENU)
    sent = replies(database)
    assert len(sent) == 6  # five answers and the notice
    assert "117" in sent[-1].body
    [conversation] = conversations(database)
    assert conversation.state == State.WAITING and conversation.reason == limits.TOO_MANY
    with database.reading() as session:
        states = Counter(session.scalars(select(Message.state).where(Message.direction == Direction.IN)))
    assert states == {Delivery.HANDLED: 30}


def test_danger_in_a_flood_still_reaches_the_queue_at_its_own_priority(
    database: Database, writer: Writer
) -> None:
    for _ in range(20):
        writer.write(PERSON, payload=MENU)
    writer.write(PERSON, DANGER)
    [conversation] = conversations(database)
    assert conversation.reason == "gbv" and conversation.priority in (1, 2)


def test_danger_is_answered_even_when_the_persons_replies_of_the_hour_are_used_up(
    database: Database, writer: Writer, settings: Settings
) -> None:
    for _ in range(settings.replies_per_hour):
        writer.write(PERSON, payload=MENU)
    writer.write(PERSON, DANGER)
    assert "117" in replies(database)[-1].body
    assert conversations(database)[0].reason == "gbv"


def test_another_person_is_answered_while_one_floods(database: Database, writer: Writer) -> None:
    for _ in range(20):
        writer.write(PERSON, payload=MENU)
    writer.write("+85510000002", payload=MENU)
    with database.reading() as session:
        last = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert last and last.direction == Direction.OUT and last.address == "+85510000002"


def test_stop_and_delete_are_carried_out_and_confirmed_in_a_flood(
    database: Database, writer: Writer, settings: Settings
) -> None:
    for _ in range(settings.replies_per_hour):
        writer.write(PERSON, payload=MENU)
    before = len(replies(database))
    writer.write(PERSON, "STOP")
    assert len(replies(database)) == before + 1
    with database.reading() as session:
        assert session.scalars(select(Contact)).one().stopped_at is not None


def test_a_thousand_stops_are_not_a_thousand_confirmations(
    database: Database, writer: Writer, settings: Settings
) -> None:
    for _ in range(15):
        writer.write(PERSON, "STOP")
    assert len(replies(database)) <= 2 * settings.replies_per_hour


def test_many_senders_spend_no_more_than_the_bots_share_of_the_day_and_wait_for_people(
    database: Database, writer: Writer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_LOOK_AGAIN_SECONDS", 0.0)
    for number in range(25):
        writer.write(f"+855110000{number:02}", payload=MENU)
    with database.reading() as session:
        spent = limits.segments_today(session)
    assert 32 <= spent < 32 + 3
    held = [c for c in conversations(database) if c.state == State.WAITING]
    assert held and {c.reason for c in held} == {limits.DAY_SPENT}
    assert len(replies(database)) + len(held) == 25


def test_when_the_day_is_spent_danger_is_answered_and_operators_can_write(
    database: Database, writer: Writer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_LOOK_AGAIN_SECONDS", 0.0)
    for number in range(25):
        writer.write(f"+855110000{number:02}", payload=MENU)
    writer.write(PERSON, DANGER)
    assert replies(database)[-1].address == PERSON
    with database.transaction() as session:
        operator, _ = add(session, "sokha", Role.OPERATOR)
        conversation = session.get_one(Conversation, conversations(database)[-1].id)
        outbox.queue_operator_message(session, conversation, operator, "I am here")
    send_all(database, settings)
    with database.reading() as session:
        states = session.scalars(select(Message.state).where(Message.author == Author.OPERATOR))
        assert list(states) == [Delivery.SENT]


@pytest.mark.parametrize(
    ("address", "answered"),
    [
        ("+85512345678", True),
        ("+66812345678", True),
        ("1294", True),
        ("+8821612345678", False),  # a satellite phone
        ("+5351234567", False),
        ("+44712345678", False),
        ("BANK", False),
        ("88216123456789", False),
    ],
)
def test_only_listed_countries_are_answered_by_the_bot(
    settings: Settings, address: str, answered: bool
) -> None:
    assert limits.may_answer(address, settings) is answered


def test_a_number_elsewhere_costs_nothing_and_is_in_the_queue_where_a_person_may_answer(
    database: Database, writer: Writer, settings: Settings, providers: Providers
) -> None:
    writer.write("+8821612345678", payload=MENU)
    send_all(database, settings)
    assert providers.sms == []
    [conversation] = conversations(database)
    assert conversation.state == State.WAITING and conversation.reason == "not_delivered"
    assert replies(database)[0].error == "country_not_listed"
    with database.transaction() as session:
        operator, _ = add(session, "sokha", Role.OPERATOR)
        session.flush()
        outbox.queue_operator_message(
            session,
            session.get_one(Conversation, conversation.id),
            session.get_one(Operator, operator.id),
            "hello",
        )
    send_all(database, settings)
    assert [m["to"] for m in providers.sms] == ["+8821612345678"]


def test_danger_from_elsewhere_is_in_the_queue_as_danger(
    database: Database, writer: Writer, settings: Settings, providers: Providers
) -> None:
    writer.write("+8821612345678", DANGER)
    send_all(database, settings)
    assert providers.sms == []
    assert conversations(database)[0].reason == "gbv"


def test_telegram_costs_no_segments(database: Database, writer: Writer, settings: Settings) -> None:
    with database.reading() as session:
        assert limits.segments_today(session) == 0
        contact = Contact(id=0, channel=Channel.TELEGRAM)
        assert limits.replies_in_last_hour(session, contact) == 0
