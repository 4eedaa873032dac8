"""Messages coming in: stored once, claimed in order, taken up again after a kill."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot import inbox
from bot.database import Database
from bot.models import Channel, Contact, Delivery, Message
from bot.models.columns import now


def message(
    identity: str, sender: str = "+85510000001", body: str = "hello", **fields: object
) -> inbox.Inbound:
    return inbox.Inbound(Channel.SMS, identity, sender, body, **fields)  # type: ignore[arg-type]


def handled(database: Database, claim: inbox.Claim) -> None:
    with database.transaction() as session:
        session.get_one(Message, claim.message_id).state = Delivery.HANDLED


def test_a_repeated_delivery_is_stored_once(database: Database) -> None:
    assert inbox.accept(database, message("SM1"))
    assert not inbox.accept(database, message("SM1"))
    with database.reading() as session:
        assert session.scalar(select(func.count(Message.id))) == 1


def test_fifty_deliveries_at_once_are_stored_once(database: Database) -> None:
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(inbox.accept(database, message("SM1"))))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 49 + [True]
    with database.reading() as session:
        assert session.scalar(select(func.count(Contact.id))) == 1


def test_the_same_words_twice_are_two_messages(database: Database) -> None:
    assert inbox.accept(database, message("SM1", body="yes"))
    assert inbox.accept(database, message("SM2", body="yes"))


def test_one_persons_messages_are_handled_in_order_and_one_at_a_time(database: Database) -> None:
    for number in range(3):
        inbox.accept(database, message(f"SM{number}"))
    first = inbox.claim_next(database)
    assert first
    assert inbox.claim_next(database) is None
    handled(database, first)
    second = inbox.claim_next(database)
    assert second and second.message_id > first.message_id


def test_different_people_are_served_at_the_same_time(database: Database) -> None:
    inbox.accept(database, message("SM1", "+85510000001"))
    inbox.accept(database, message("SM2", "+85510000002"))
    assert inbox.claim_next(database) and inbox.claim_next(database)


def test_messages_delivered_out_of_order_are_handled_by_the_senders_clock(database: Database) -> None:
    inbox.accept(database, message("late", body="second", sent_at_us=2_000))
    inbox.accept(database, message("early", body="first", sent_at_us=1_000))
    assert inbox.claim_next(database) is None  # others may still catch up
    make_due(database)
    claim = inbox.claim_next(database)
    with database.reading() as session:
        assert claim and session.get_one(Message, claim.message_id).body == "first"


def test_a_shuffled_chat_is_handled_by_date_and_number_whatever_its_update_ids(
    database: Database,
) -> None:
    written = [(date, number) for date in (1_790_000_000, 1_790_000_001) for number in range(998, 1_003)]
    shuffled = random.Random(3).sample(written, len(written))
    for update_id, (date, number) in enumerate(shuffled, start=5):
        sent_at_us = date * 1_000_000 + number
        inbox.accept(database, message(str(update_id), body=f"{date} {number}", sent_at_us=sent_at_us))
    make_due(database)
    handled_in_order = []
    while claim := inbox.claim_next(database):
        with database.reading() as session:
            handled_in_order.append(session.get_one(Message, claim.message_id).body)
        handled(database, claim)
    assert handled_in_order == [f"{date} {number}" for date, number in written]


def test_what_a_killed_worker_had_in_hand_is_claimed_again_once_the_lease_ran_out(database: Database) -> None:
    inbox.accept(database, message("SM1"))
    first = inbox.claim_next(database)
    assert first and inbox.claim_next(database) is None
    with database.transaction() as session:
        session.execute(update(Message).values(lease_until=now() - timedelta(seconds=1)))
    again = inbox.claim_next(database)
    assert again and again.message_id == first.message_id and again.lease != first.lease
    assert again.attempts == 2


def test_the_only_worker_takes_up_at_once_what_it_left_when_it_was_killed(database: Database) -> None:
    inbox.accept(database, message("SM1"))
    assert inbox.claim_next(database)
    inbox.release_leases(database)
    assert inbox.claim_next(database)


def test_nothing_that_people_write_is_readable_in_the_file(database: Database, database_url: str) -> None:
    if not database.is_sqlite:
        pytest.skip("a file of its own only on SQLite")
    inbox.accept(database, message("SM1", "+85598765432", "marked words in here"))
    path = database_url.removeprefix("sqlite:///")
    for suffix in ("", "-wal"):
        with open(path + suffix, "rb") as file:
            content = file.read()
        assert b"marked words" not in content
        assert b"98765432" not in content


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+85512345678", "+85512345678"),
        ("85512345678", "+85512345678"),
        ("012345678", "+85512345678"),
        ("+66812345678", "+66812345678"),
        ("1294", "1294"),
        ("  2442 ", "2442"),
        ("BANK", "BANK"),
    ],
)
def test_one_number_is_one_contact_however_the_gateway_writes_it(written: str, stored: str) -> None:
    assert inbox.normalise_address(Channel.SMS, written, "KH") == stored


@pytest.mark.parametrize("body", ["\x00\x01", "a\ud800b", "\u200b\u202e", "x" * 30_000, ""])
def test_any_body_can_be_stored(database: Database, body: str) -> None:
    assert inbox.accept(database, message("SM1", body=body))
    with database.reading() as session:
        stored = session.scalars(select(Message)).one().body
    assert len(stored) <= 20_000
    stored.encode()


def test_two_workers_never_hold_two_messages_of_one_person(database: Database) -> None:
    people = [f"+8551000000{n}" for n in range(4)]
    for number in range(40):
        inbox.accept(database, message(f"SM{number}", people[number % 4]))
    in_hand: set[int] = set()
    together: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        idle = 0
        while idle < 20:
            claim = inbox.claim_next(database)
            if claim is None:
                idle += 1
                continue
            with database.reading() as session:
                contact = session.get_one(Message, claim.message_id).contact_id or 0
            with lock:
                if contact in in_hand:
                    together.append(contact)
                in_hand.add(contact)
            with lock:
                in_hand.discard(contact)
            handled(database, claim)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == []
    with database.reading() as session:
        left = select(func.count(Message.id)).where(Message.state == Delivery.RECEIVED)
        assert session.scalar(left) == 0


def test_an_earlier_message_that_arrives_during_a_claim_waits(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    inbox.accept(database, message("late", sent_at_us=2_000))
    make_due(database)
    with database.transaction() as claiming:  # another worker, in the middle of its claim
        at = now()
        claimed = claiming.execute(inbox._oldest_due(at)).first()
        assert claimed and inbox._holds_lane(claiming, claimed[0], claimed[1], at)
        inbox.accept(database, message("early", sent_at_us=1_000))
        make_due(database, "early")
        assert inbox.claim_next(database) is None


def test_a_hosts_wrong_clock_takes_nothing_out_of_anothers_hand(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite is for one host")
    inbox.accept(database, message("SM1"))
    assert inbox.claim_next(database)
    monkeypatch.setattr("bot.database.now", lambda: now() + timedelta(hours=1))
    assert inbox.claim_next(database) is None


def make_due(database: Database, identity: str | None = None) -> None:
    with database.transaction() as session:
        query = update(Message).values(next_attempt_at=now() - timedelta(seconds=1))
        session.execute(query.where(Message.provider_id == identity) if identity else query)
