"""Sending: once, in order, with patience, and to a human in the end."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import inbox, outbox, sender
from bot.channels import providers as make_providers
from bot.database import Database
from bot.models import Channel, Contact, Conversation, Delivery, Direction, Form, Message, State
from bot.models.columns import now
from bot.replies import Option, Reply
from bot.settings import Settings
from tests.stand_ins import Providers, Trouble


class Desk:
    """Queues replies to one person and sends what is due."""

    def __init__(self, database: Database, settings: Settings, channel: Channel = Channel.SMS) -> None:
        self.database = database
        self.providers = make_providers(settings)
        address = "+85510000001" if channel is Channel.SMS else "700000001"
        with database.transaction() as session:
            contact = inbox.find_or_create_contact(session, channel, address)
            conversation = Conversation(contact_id=contact.id)
            session.add(conversation)
            session.flush()
            self.contact_id, self.conversation_id = contact.id, conversation.id

    def queue(self, text: str, options: tuple[Option, ...] = ()) -> int:
        with self.database.transaction() as session:
            contact = session.get_one(Contact, self.contact_id)
            conversation = session.get_one(Conversation, self.conversation_id)
            reply = Reply(text, options)
            return outbox.queue_reply(session, contact, conversation, reply, Form.ENGLISH, None).id

    def send_all(self) -> None:
        while sender.send_next(self.database, self.providers):
            pass

    def message(self, message_id: int) -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, message_id)

    def conversation(self) -> Conversation:
        with self.database.reading() as session:
            return session.get_one(Conversation, self.conversation_id)

    def change(self, **values: object) -> None:
        with self.database.transaction() as session:
            session.execute(update(Message).where(Message.direction == Direction.OUT).values(**values))

    def kill_while_sending(self, message_id: int) -> None:
        """The state that kill -9 leaves between the provider's yes and our note of it."""
        with self.database.transaction() as session:
            message = session.get_one(Message, message_id)
            message.state = Delivery.SENDING
            message.sent_at = now()
            message.lease, message.lease_until = "gone", now() - timedelta(seconds=1)


@pytest.fixture
def desk(database: Database, settings: Settings) -> Desk:
    return Desk(database, settings)


def test_a_reply_reaches_the_provider_once(desk: Desk, providers: Providers) -> None:
    message_id = desk.queue("hello")
    desk.send_all()
    desk.send_all()
    assert providers.texts() == ["hello"]
    assert desk.message(message_id).state == Delivery.SENT


def test_replies_leave_in_order(desk: Desk, providers: Providers) -> None:
    for number in range(5):
        desk.queue(f"reply {number}")
    desk.send_all()
    assert providers.texts() == [f"reply {number}" for number in range(5)]


def test_the_reply_comes_from_the_number_that_was_written_to(desk: Desk, providers: Providers) -> None:
    inbound = inbox.Inbound(Channel.SMS, "SM1", "+85510000001", "hi", written_to="2442")
    inbox.accept(desk.database, inbound)
    desk.queue("hello")
    desk.send_all()
    assert providers.sms[0]["from"] == "2442"


def test_the_providers_wish_to_wait_is_respected(desk: Desk, providers: Providers) -> None:
    providers.troubles.append(Trouble(429, headers={"Retry-After": "2"}))
    message_id = desk.queue("hello")
    desk.send_all()
    waiting = desk.message(message_id)
    assert waiting.state == Delivery.QUEUED
    assert 1 < (waiting.next_attempt_at - now()).total_seconds() <= 2
    assert providers.texts() == []
    time.sleep(2.1)
    desk.send_all()
    assert providers.texts() == ["hello"]


def test_telegrams_retry_after_is_respected(
    database: Database, settings: Settings, providers: Providers
) -> None:
    desk = Desk(database, settings, Channel.TELEGRAM)
    providers.troubles.append(
        Trouble(429, {"ok": False, "error_code": 429, "parameters": {"retry_after": 7}})
    )
    message_id = desk.queue("hello")
    desk.send_all()
    assert 6 < (desk.message(message_id).next_attempt_at - now()).total_seconds() <= 7


def test_telegram_gets_buttons(database: Database, settings: Settings, providers: Providers) -> None:
    desk = Desk(database, settings, Channel.TELEGRAM)
    desk.queue("choose", (Option("A person", "!person", "0"),))
    desk.send_all()
    assert providers.telegram[0]["reply_markup"]["inline_keyboard"] == [
        [{"text": "A person", "callback_data": "!person"}]
    ]


def test_a_failing_provider_is_tried_again_and_given_up_to_a_human(desk: Desk, providers: Providers) -> None:
    message_id = desk.queue("hello")
    for _ in range(sender.MOST_TRIES):
        providers.troubles.append(Trouble(503))
        desk.change(next_attempt_at=now())
        desk.send_all()
    assert desk.message(message_id).state == Delivery.FAILED
    assert desk.conversation().state == State.WAITING
    assert desk.conversation().reason == "not_delivered"


def test_a_refused_message_goes_to_a_human_at_once(desk: Desk, providers: Providers) -> None:
    providers.troubles.append(Trouble(400, {"code": 21211}))
    message_id = desk.queue("hello")
    desk.send_all()
    assert desk.message(message_id).error == "provider_21211"
    assert desk.conversation().state == State.WAITING


def test_a_person_who_told_the_carrier_to_stop_gets_nothing_more(desk: Desk, providers: Providers) -> None:
    providers.troubles.append(Trouble(400, {"code": 21610}))
    desk.queue("hello")
    desk.send_all()
    with desk.database.reading() as session:
        assert session.get_one(Contact, desk.contact_id).blocked_at


def test_a_message_whose_answer_was_lost_is_found_at_the_provider(desk: Desk, providers: Providers) -> None:
    providers.troubles.append(Trouble(accept_then_drop=True))
    message_id = desk.queue("hello")
    desk.send_all()
    assert desk.message(message_id).state == Delivery.SENDING
    desk.change(lease_until=now() - timedelta(seconds=1))
    desk.send_all()
    assert desk.message(message_id).state == Delivery.SENT
    assert providers.texts() == ["hello"]


def test_a_message_that_a_killed_worker_had_sent_is_not_sent_again(desk: Desk, providers: Providers) -> None:
    message_id = desk.queue("hello")
    providers.accept_sms(b"To=%2B85510000001&Body=hello")
    desk.kill_while_sending(message_id)
    desk.send_all()
    assert desk.message(message_id).state == Delivery.SENT
    assert providers.texts() == ["hello"]


def test_a_message_that_a_killed_worker_had_not_sent_is_sent(desk: Desk, providers: Providers) -> None:
    message_id = desk.queue("hello")
    desk.kill_while_sending(message_id)
    desk.send_all()
    assert providers.texts() == []  # looked up first
    desk.change(next_attempt_at=now())
    desk.send_all()
    assert providers.texts() == ["hello"]


def test_a_worker_that_stood_still_sends_nothing_late(desk: Desk, providers: Providers) -> None:
    message_id = desk.queue("hello")
    claim = sender.claim_next(desk.database)
    assert claim
    late = replace(claim, claimed_at=time.monotonic() - 60)
    sender.send(desk.database, desk.providers, late)
    assert providers.texts() == [] and desk.message(message_id).state == Delivery.QUEUED
    desk.send_all()
    sender.send(desk.database, desk.providers, late)  # it wakes up even later, after the other has sent it
    assert providers.texts() == ["hello"] and desk.message(message_id).state == Delivery.SENT


def test_two_equal_messages_are_not_taken_for_one(desk: Desk, providers: Providers) -> None:
    desk.queue("yes")
    desk.send_all()
    second = desk.queue("yes")
    desk.kill_while_sending(second)
    desk.send_all()
    desk.change(next_attempt_at=now())
    desk.send_all()
    assert providers.texts() == ["yes", "yes"]


def test_telegram_has_no_lookup_so_a_lost_answer_goes_to_a_human_unsent(
    database: Database, settings: Settings, providers: Providers
) -> None:
    desk = Desk(database, settings, Channel.TELEGRAM)
    message_id = desk.queue("hello")
    desk.kill_while_sending(message_id)
    desk.send_all()
    assert providers.texts() == []
    assert desk.message(message_id).error == "may_have_arrived"
    assert desk.conversation().state == State.WAITING


def test_a_receipt_finds_the_message_whose_sending_was_cut_off(desk: Desk) -> None:
    message_id = desk.queue("hello")
    desk.kill_while_sending(message_id)
    with desk.database.transaction() as session:
        assert outbox.note_status(session, "SM9", "delivered", "", message_id)
    assert desk.message(message_id).state == Delivery.DELIVERED
    assert desk.message(message_id).provider_id == "SM9"


@pytest.mark.parametrize("order", [("sent", "delivered"), ("delivered", "sent"), ("delivered", "failed")])
def test_receipts_only_climb(desk: Desk, order: tuple[str, str]) -> None:
    message_id = desk.queue("hello")
    desk.send_all()
    identity = desk.message(message_id).provider_id or ""
    for status in (*order, *order):
        with desk.database.transaction() as session:
            outbox.note_status(session, identity, status, "", None)
    assert desk.message(message_id).state == Delivery.DELIVERED


def test_five_receipts_in_any_order_each_twice_end_alike(desk: Desk) -> None:
    message_id = desk.queue("hello")
    desk.send_all()
    identity = desk.message(message_id).provider_id or ""
    for order in itertools.permutations(["queued", "sent", "delivered", "failed", "read"]):
        with desk.database.transaction() as session:
            message = session.get_one(Message, message_id)
            message.state, reached = Delivery.SENT, [Delivery.SENT]
            for status in (*order, *order):
                outbox.note_status(session, identity, status, "", None)
                session.flush()
                reached.append(Delivery(message.state))
        first_end = next(status for status in order if status in ("delivered", "failed", "read"))
        assert reached[-1] == (Delivery.FAILED if first_end == "failed" else Delivery.DELIVERED)
        assert len(set(reached)) == 2 and reached == sorted(reached, key=reached.index)


def test_an_undelivered_message_is_seen_by_a_human(desk: Desk) -> None:
    message_id = desk.queue("hello")
    desk.send_all()
    with desk.database.transaction() as session:
        outbox.note_status(session, desk.message(message_id).provider_id or "", "undelivered", "30003", None)
    assert desk.message(message_id).error == "provider_30003"
    assert desk.conversation().state == State.WAITING


def test_a_persons_words_never_reach_the_wrong_contact(desk: Desk, providers: Providers) -> None:
    other = Desk(desk.database, _settings(desk), Channel.TELEGRAM)
    desk.queue("to the phone")
    other.queue("to the chat")
    desk.send_all()
    assert [m["body"] for m in providers.sms] == ["to the phone"]
    assert [m["text"] for m in providers.telegram] == ["to the chat"]
    with desk.database.reading() as session:
        states = session.scalars(select(Message.state).where(Message.direction == Direction.OUT)).all()
    assert set(states) == {Delivery.SENT}


def _settings(desk: Desk) -> Settings:
    return desk.providers[Channel.SMS]._settings  # type: ignore[attr-defined,no-any-return]
