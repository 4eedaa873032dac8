"""Floods and dear numbers: replies end, money is kept, and nobody in danger is cut off."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import alarms, inbox, limits, notices, outbox, segments, sender, unsafe_words
from bot.channels import providers as make_providers
from bot.database import Database
from bot.models import (
    Author,
    Channel,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Form,
    Message,
    Operator,
    Role,
    State,
)
from bot.models.columns import now
from bot.operators import add
from bot.settings import Settings
from tests.security.conftest import Writer
from tests.stand_ins import Providers

PERSON = "+85510000001"
MENU = "!menu:documents"  # answered without the brain
MENUS = itertools.cycle(["!menu:documents", "!menu:jobs", "!menu:needs"])
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
        return list(session.scalars(query.where(Message.contact_id.is_not(None)).order_by(Message.id)))


def spend(database: Database, segments: int) -> None:
    """So many segments of today are used up."""
    with database.transaction() as session:
        session.add(
            Message(
                direction=Direction.OUT,
                channel=Channel.SMS,
                author=Author.BOT,
                kind="spent",
                body="x",
                state=Delivery.SENT,
                segments=segments,
                position=0,
            )
        )


def close_all(database: Database) -> None:
    with database.transaction() as session:
        for conversation in session.scalars(select(Conversation)):
            conversation.state = State.CLOSED


def send_all(database: Database, settings: Settings) -> None:
    channels = make_providers(settings)
    while sender.send_next(database, channels):
        pass


def test_after_too_many_messages_a_person_takes_over_and_the_one_who_writes_is_told_once(
    database: Database, writer: Writer
) -> None:
    for _ in range(30):
        writer.write(PERSON, payload=next(MENUS))
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
        writer.write(PERSON, payload=next(MENUS))
    writer.write(PERSON, DANGER)
    [conversation] = conversations(database)
    assert conversation.reason == "gbv" and conversation.priority in (1, 2)


def test_danger_is_answered_even_when_the_persons_replies_of_the_hour_are_used_up(
    database: Database, writer: Writer, settings: Settings
) -> None:
    for _ in range(settings.replies_per_hour):
        writer.write(PERSON, payload=next(MENUS))
    writer.write(PERSON, DANGER)
    assert "117" in replies(database)[-1].body
    assert conversations(database)[0].reason == "gbv"


def test_another_person_is_answered_while_one_floods(database: Database, writer: Writer) -> None:
    for _ in range(20):
        writer.write(PERSON, payload=next(MENUS))
    writer.write("+85510000002", payload=MENU)
    with database.reading() as session:
        last = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert last and last.direction == Direction.OUT and last.address == "+85510000002"


def test_stop_and_delete_are_carried_out_and_confirmed_in_a_flood(
    database: Database, writer: Writer, settings: Settings
) -> None:
    for _ in range(settings.replies_per_hour):
        writer.write(PERSON, payload=next(MENUS))
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


def test_an_hour_later_the_bot_answers_again(
    database: Database, writer: Writer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(settings.replies_per_hour - 1):
        writer.write(PERSON, payload=next(MENUS))
    later = now() + timedelta(minutes=61)
    monkeypatch.setattr(limits, "now", lambda: later)
    for _ in range(3):
        writer.write(PERSON, payload=next(MENUS))
    assert conversations(database)[0].state == State.BOT
    assert len(replies(database)) == settings.replies_per_hour + 2


def test_a_machine_that_answers_us_gets_the_same_words_three_times_and_then_a_person(
    database: Database, writer: Writer, settings: Settings
) -> None:
    unhurried = Writer(database, replace(settings, replies_per_hour=1000))
    for _ in range(50):
        unhurried.write(PERSON, payload=MENU)
    sent = replies(database)
    assert Counter(message.body for message in sent).most_common(1)[0][1] == 3 and len(sent) == 4
    assert conversations(database)[0].reason == limits.TOO_MANY


def test_many_senders_spend_the_bots_share_and_the_notices_share_to_the_segment_and_wait_for_people(
    database: Database, writer: Writer, settings: Settings
) -> None:
    for number in range(40):
        writer.write(f"+855110000{number:02}", payload=MENU)
    told = [message for message in replies(database) if message.kind == limits.DAY_NOTICE]
    answers = [message for message in replies(database) if message.kind == "text"]
    assert 32 - answers[0].segments < sum(m.segments for m in answers) <= 32  # 80 % of 40
    with database.reading() as session:
        assert limits.segments_today(session) <= 36  # 90 %
    assert told and all("117" in message.body for message in told)
    held = [c for c in conversations(database) if c.state == State.WAITING]
    assert {c.reason for c in held} == {limits.DAY_SPENT} and len(answers) + len(held) == 40


def test_many_workers_at_once_spend_not_a_segment_more(database: Database, settings: Settings) -> None:
    tight = replace(settings, segments_per_day=100)
    for number in range(80):
        address = f"+855110000{number:02}"
        inbox.accept(database, inbox.Inbound(Channel.SMS, f"SM{number}", address, "", payload=MENU))
    with ThreadPoolExecutor(6) as workers:
        for done in [workers.submit(Writer(database, tight).handle) for _ in range(6)]:
            done.result()
    with database.reading() as session:
        answers = session.scalars(
            select(Message.segments).where(Message.direction == Direction.OUT, Message.kind == "text")
        ).all()
        states = Counter(session.scalars(select(Message.state).where(Message.direction == Direction.IN)))
        assert 80 - answers[0] < sum(answers) <= 80
        assert limits.segments_today(session) <= 90
    assert states == {Delivery.HANDLED: 80}


def test_whoever_meets_the_spent_day_is_told_once_a_day_in_their_language(
    database: Database, writer: Writer, settings: Settings
) -> None:
    spend(database, 32)
    writer.write(PERSON, "how do i get a passport")
    close_all(database)
    writer.write(PERSON, "how do i get a passport")
    assert [(m.kind, m.form) for m in replies(database)] == [(limits.DAY_NOTICE, Form.ENGLISH)]
    assert "person" in replies(database)[0].body
    assert [c.state for c in conversations(database)] == [State.CLOSED, State.WAITING]


def test_a_wish_for_a_person_is_in_the_queue_when_the_day_is_spent(
    database: Database, writer: Writer
) -> None:
    spend(database, 32)
    writer.write(PERSON, payload="!person")
    assert conversations(database)[0].reason == "asked_for_person"
    assert [m.kind for m in replies(database)] == [limits.DAY_NOTICE]


def test_when_the_whole_day_is_spent_danger_is_answered_and_operators_can_write(
    database: Database, writer: Writer, settings: Settings
) -> None:
    spend(database, 40)
    writer.write("+85511000001", payload=MENU)
    assert replies(database) == []
    writer.write(PERSON, DANGER)
    assert replies(database)[-1].address == PERSON and "117" in replies(database)[-1].body
    with database.transaction() as session:
        operator, _ = add(session, "sokha", Role.OPERATOR)
        conversation = session.get_one(Conversation, conversations(database)[-1].id)
        outbox.queue_operator_message(session, conversation, operator, "I am here")
    send_all(database, settings)
    with database.reading() as session:
        states = session.scalars(select(Message.state).where(Message.author == Author.OPERATOR))
        assert list(states) == [Delivery.SENT]


def test_supervisors_are_paged_before_answers_stop_and_at_each_step_once(
    database: Database, settings: Settings
) -> None:
    with database.transaction() as session:
        supervisor, _ = add(session, "dara", Role.SUPERVISOR)
        supervisor.pager_channel, supervisor.pager_address = Channel.TELEGRAM, "700"
        add(session, "sokha", Role.OPERATOR)[0].pager_channel = Channel.TELEGRAM
    told = []
    for used in (23, 1, 1, 7, 4, 4):  # 23, 24, 25, 32, 36, 40 of 40
        spend(database, used)
        with database.transaction() as session:
            told.append(alarms.watch_day(session, settings))
            told.append(alarms.watch_day(session, settings))
    assert told == [[], [], ["60%"], [], [], [], ["80%"], [], ["90%"], [], ["100%"], []]
    with database.reading() as session:
        pages = session.scalars(select(Message).where(Message.kind == "page").order_by(Message.id)).all()
        assert [page.address for page in pages] == ["700"] * 4 and "60%" in pages[0].body


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


def test_danger_from_elsewhere_is_queued_as_danger_and_gets_one_neutral_reply_a_day(
    database: Database, writer: Writer, settings: Settings, providers: Providers
) -> None:
    for _ in range(5):
        writer.write("+8821612345678", DANGER)
        close_all(database)
    writer.write("+8821612345678", payload=MENU)
    send_all(database, settings)
    [sent] = providers.sms
    assert sent["to"] == "+8821612345678" and sent["body"] == notices.abroad(Form.ENGLISH)
    assert "117" not in sent["body"]  # it doesn't hold there
    assert unsafe_words.found_in(sent["body"]) == []
    assert {c.reason for c in conversations(database)[:5]} == {"gbv"}


def test_replies_to_danger_from_elsewhere_are_few_and_more_of_it_pages_the_supervisors(
    database: Database, settings: Settings, providers: Providers
) -> None:
    with database.transaction() as session:
        supervisor, _ = add(session, "dara", Role.SUPERVISOR)
        supervisor.pager_channel, supervisor.pager_address = Channel.TELEGRAM, "700"
    few = Writer(database, replace(settings, abroad_per_day=3))
    for number in range(8):
        few.write(f"+44712345670{number}", DANGER)
        with database.transaction() as session:
            assert alarms.watch_day(session, few.settings) == (["abroad"] if number == 2 else [])
    send_all(database, few.settings)
    assert len(providers.sms) == 3
    assert {c.reason for c in conversations(database)} == {"gbv"}
    assert all(c.state == State.WAITING for c in conversations(database))


def test_a_sender_that_is_a_name_is_not_written_to(
    database: Database, writer: Writer, settings: Settings, providers: Providers
) -> None:
    writer.write("BANK", DANGER)
    send_all(database, settings)
    assert providers.sms == [] and conversations(database)[0].reason == "gbv"


@pytest.mark.parametrize("form", list(Form))
def test_the_notices_of_limits_are_short_and_give_nobody_away(form: Form) -> None:
    for words in (notices.day_spent(form), notices.abroad(form)):
        assert segments.count(words) <= 2
        assert unsafe_words.found_in(words[:40]) == []  # what a locked screen shows


def test_telegram_costs_no_segments(database: Database, writer: Writer, settings: Settings) -> None:
    with database.reading() as session:
        assert limits.segments_today(session) == 0
        contact = Contact(id=0, channel=Channel.TELEGRAM)
        assert limits.replies_in_last_hour(session, contact) == 0
