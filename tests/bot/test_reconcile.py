"""Messages that reached the provider while we were away come from its own list, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import inbox, privacy, reconcile
from bot.backup import held
from bot.channels.twilio import ListIncomplete
from bot.database import Database
from bot.models import Channel, Contact, Direction, Message, State
from bot.models.columns import now
from bot.settings import Settings
from bot.turn import open_conversation
from tests.conftest import Phone
from tests.stand_ins import Providers, Trouble


def stored(database: Database) -> list[Message]:
    with database.reading() as session:
        came = select(Message).where(Message.direction == Direction.IN).order_by(Message.position)
        return list(session.scalars(came))


def texts(database: Database) -> list[str]:
    return [message.body for message in stored(database)]


def settled(database: Database) -> None:
    """The half second is over in which an earlier message may still come."""
    with database.transaction() as session:
        session.scalars(select(Message)).one().next_attempt_at = now()


def started(database: Database, settings: Settings) -> None:
    """The first start, from which on we answer for the account."""
    reconcile.run_due(database, settings, at_start=True)


def test_a_hundred_missed_messages_come_in_order_and_none_twice(
    database: Database, settings: Settings, providers: Providers
) -> None:
    started(database, settings)
    begin = now()
    for number in range(100):
        person = f"+8551000{number % 7:04}"
        providers.hold_inbound(person, f"message {number}", begin + timedelta(seconds=number))
    providers.page_size = 30
    reconcile.run_due(database, settings, at_start=True)
    reconcile.run_due(database, settings, at_start=True)
    assert texts(database) == [f"message {number}" for number in range(100)]


def test_what_a_webhook_brought_is_not_brought_in_again(
    database: Database, settings: Settings, providers: Providers
) -> None:
    started(database, settings)
    sid = providers.hold_inbound("+85510000001", "hello")
    inbox.accept(database, inbox.Inbound(Channel.SMS, sid, "+85510000001", "hello"))
    reconcile.run_due(database, settings, at_start=True)
    assert texts(database) == ["hello"]


def test_deleted_words_do_not_come_back_from_the_list(
    database: Database, settings: Settings, providers: Providers, phone: Phone
) -> None:
    started(database, settings)
    sid = providers.hold_inbound("+85510000001", "my secret")
    inbox.accept(database, inbox.Inbound(Channel.SMS, sid, "+85510000001", "my secret"))
    phone.take_turns()
    with database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        conversation = open_conversation(session, contact)
        assert conversation is not None
        conversation.state = State.CLOSED
        session.flush()
        privacy.forget(session, contact)
    reconcile.run_due(database, settings, at_start=True)
    assert "my secret" not in texts(database)


def test_what_the_account_got_before_the_first_start_stays_there(
    database: Database, settings: Settings, providers: Providers
) -> None:
    providers.hold_inbound("+85510000001", "for somebody else", now() - timedelta(hours=1))
    started(database, settings)
    reconcile.run_due(database, settings, at_start=True)
    assert texts(database) == []


def test_after_a_list_that_could_not_be_read_the_next_reading_begins_at_the_same_place(
    database: Database, settings: Settings, providers: Providers
) -> None:
    started(database, settings)
    providers.hold_inbound("+85510000001", "still there")
    providers.list_troubles.append(Trouble(status=500))
    reconcile.run_due(database, settings, at_start=True)
    assert texts(database) == []
    reconcile.run_due(database, settings, at_start=True)
    assert texts(database) == ["still there"]


def test_a_list_without_an_end_is_told_and_not_taken_for_whole(
    database: Database, settings: Settings, providers: Providers
) -> None:
    providers.hold_inbound("+85510000001", "one")
    providers.hold_inbound("+85510000002", "two")
    providers.page_size = 1
    providers.list_troubles.extend([Trouble(status=200, body={"messages": "none"})])
    with pytest.raises(ListIncomplete):
        reconcile.bring_in(database, settings, now() - timedelta(hours=1))


def test_after_a_restore_nothing_is_brought_in_by_itself(
    database: Database, settings: Settings, providers: Providers
) -> None:
    started(database, settings)
    providers.hold_inbound("+85510000001", "answered before the crash", now() - timedelta(hours=2))
    held.hold(database)
    reconcile.run_due(database, settings, at_start=True)
    assert texts(database) == []


@pytest.mark.brain
@pytest.mark.parametrize(("hours", "is_late"), [(3, True), (0, False)])
def test_the_reply_to_a_late_message_says_so(
    database: Database, settings: Settings, providers: Providers, phone: Phone, hours: int, is_late: bool
) -> None:
    providers.hold_inbound(
        "+85510000001", "how do i get a new passport please", now() - timedelta(hours=hours)
    )
    assert reconcile.bring_in(database, settings, now() - timedelta(hours=4)) == 1
    settled(database)
    phone.take_turns()
    assert ("reached us late" in phone.last_words()) is is_late
    assert "Passports are made in" in phone.last_words()


def test_danger_in_a_late_message_reaches_people(
    database: Database, settings: Settings, providers: Providers, phone: Phone
) -> None:
    providers.hold_inbound("+85510000001", "my husband beats me every night", now() - timedelta(hours=3))
    reconcile.bring_in(database, settings, now() - timedelta(hours=4))
    settled(database)
    phone.take_turns()
    with database.reading() as session:
        contact = session.scalars(select(Contact)).one()
        conversation = open_conversation(session, contact)
        assert conversation is not None
        assert conversation.state == State.WAITING
