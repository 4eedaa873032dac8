"""Safe contact: when a person may be written to, the code word, and words that give somebody away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot import aliases, handoff, inbox, operators, safe_contact, unsafe_words
from bot.brain import NoBrain
from bot.database import Database
from bot.models import AuditEvent, Channel, Contact, Conversation, Form, Message, State
from bot.models.columns import now
from bot.safe_contact import BadCodeWord, Danger, may_write
from bot.settings import Settings
from bot.wakeup import Polling
from bot.worker import Worker
from tests.conftest import Phone


@pytest.fixture
def phone(database: Database, settings: Settings) -> Phone:
    """A person's phone; the brain is out of reach, as what is tested here must not need it."""
    return Phone(database, NoBrain(), settings, Channel.SMS, "+85510000001")  # type: ignore[arg-type]


def contact_of(database: Database, **changes: object) -> Contact:
    with database.transaction() as session:
        contact = inbox.find_or_create_contact(session, Channel.SMS, "+85510000001")
        for name, value in changes.items():
            setattr(contact, name, value)
        return contact


def latest(database: Database) -> Conversation:
    with database.reading() as session:
        return session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()  # type: ignore[return-value]


def at_hour(hour: int) -> datetime:
    """`hour` o'clock in Phnom Penh."""
    return datetime(2026, 11, 25, tzinfo=UTC) + timedelta(hours=hour - 7)


@pytest.mark.parametrize(
    ("first", "last", "quiet"),
    [(21, 6, {21, 22, 23, 0, 1, 2, 3, 4, 5}), (9, 12, {9, 10, 11}), (5, 5, set()), (None, None, set())],
)
def test_nobody_is_written_to_in_their_quiet_hours(
    database: Database, first: int | None, last: int | None, quiet: set[int]
) -> None:
    contact = contact_of(database, quiet_from=first, quiet_until=last)
    assert {hour for hour in range(24) if not may_write(contact, at_hour(hour))} == quiet
    with database.reading() as session:
        found = {
            hour
            for hour in range(24)
            if session.scalars(select(Contact).where(safe_contact.writable(at_hour(hour)))).first() is None
        }
    assert found == quiet


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, True),
        ({"safe_to_text": True}, True),
        ({"safe_to_text": False}, False),
        ({"covered_since": now()}, False),
        ({"stopped_at": now()}, False),
        ({"blocked_at": now()}, False),
    ],
)
def test_the_rule_and_the_condition_of_queries_agree(
    database: Database, changes: dict[str, object], may: bool
) -> None:
    contact = contact_of(database, **changes)
    assert may_write(contact, now()) is may
    with database.reading() as session:
        found = session.scalars(select(Contact).where(safe_contact.writable(now()))).first()
    assert (found is not None) is may


def test_the_promised_notice_waits_for_the_quiet_hours_to_end(
    phone: Phone, database: Database, settings: Settings
) -> None:
    phone.write("0")
    hour = now().astimezone(safe_contact.PHNOM_PENH).hour
    with database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        contact.quiet_from, contact.quiet_until = hour, (hour + 2) % 24
        conversation = session.scalars(select(Conversation)).one()
        conversation.waiting_since = conversation.queued_at = now() - timedelta(hours=9)
    worker = Worker(database, settings, NoBrain(), Polling())  # type: ignore[arg-type]
    worker._tell_still_waiting()
    assert latest(database).still_waiting_told_at is None
    with database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        contact.quiet_from, contact.quiet_until = (hour + 2) % 24, (hour + 3) % 24
    worker._tell_still_waiting()
    assert latest(database).still_waiting_told_at is not None


@pytest.mark.parametrize("said", ["rice price", "Rice  Price!", '"rice price".'])
def test_the_code_word_turns_the_conversation_harmless_and_calls_a_person(
    phone: Phone, database: Database, said: str
) -> None:
    contact_of(database, code_word=safe_contact.check_code_word("Rice price"), form=Form.ENGLISH)
    reply = phone.write(said)
    assert "1 Papers" in reply and "A person will answer" not in reply and "117" not in reply
    found = latest(database)
    assert (found.state, found.reason, found.priority) == (State.WAITING, "code_word", 2)
    with database.reading() as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.covered_since is not None and not may_write(contact, now())
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "code_word_used")).one()


def test_after_the_code_word_whoever_reads_gets_everyday_answers_only(
    phone: Phone, database: Database
) -> None:
    contact_of(database, code_word="rice price", form=Form.ENGLISH, form_chosen=True)
    phone.write("my husband beats me every night")
    assert latest(database).priority == 2
    phone.write("rice price")
    assert "Which paper" in phone.write("1")
    for asked in ("who is this? what did she tell you", "delete", "0", "safe", "1 2 3"):
        reply = phone.write(asked)
        assert "1 Papers" in reply, asked
        assert not {"safe", "117", "deleted"} & set(reply.split()), asked
    assert "1 Papers" in phone.write("i will kill her now")
    assert latest(database).priority == 1


def test_a_new_conversation_stays_harmless_and_reaches_a_person(phone: Phone, database: Database) -> None:
    contact_of(database, code_word="rice price", form=Form.ENGLISH)
    phone.write("rice price")
    with database.transaction() as session:
        operator, _ = operators.add(session, "sokha")
        conversation = handoff.claim(session, latest(database).id, operator)
        conversation.state = State.CLOSED
    assert "1 Papers" in phone.write("hello who are you")
    found = latest(database)
    assert (found.state, found.reason) == (State.WAITING, "code_word")


def test_a_code_word_holds_on_every_channel_of_a_linked_person(
    phone: Phone, database: Database, settings: Settings
) -> None:
    contact = contact_of(database, code_word="rice price", form=Form.ENGLISH)
    with database.transaction() as session:
        session.get_one(Contact, contact.id).person_id = contact.id
        other = inbox.find_or_create_contact(session, Channel.TELEGRAM, "7001")
        other.person_id, other.form = contact.id, Form.ENGLISH
    telegram = Phone(database, NoBrain(), settings, Channel.TELEGRAM, "7001")  # type: ignore[arg-type]
    telegram.write("rice price")
    assert latest(database).reason == "code_word"


@pytest.mark.parametrize("word", ["a", "x" * 41, "stop", "DELETE", "7", "ឈប់", "more"])
def test_words_that_mean_something_already_are_no_code_words(word: str) -> None:
    with pytest.raises(BadCodeWord):
        safe_contact.check_code_word(word)


def test_ending_messages_works_even_under_cover(phone: Phone, database: Database) -> None:
    contact_of(database, code_word="rice price", form=Form.ENGLISH)
    phone.write("rice price")
    phone.write("stop")
    with database.reading() as session:
        assert session.scalars(select(Contact)).one().stopped_at is not None


def test_deleting_takes_the_safe_contact_settings_too(phone: Phone, database: Database) -> None:
    contact_of(
        database,
        code_word="rice price",
        contact_note="a neighbour",
        quiet_from=1,
        quiet_until=2,
        form=Form.ENGLISH,
    )
    phone.write("delete")
    phone.write("1")
    with database.reading() as session:
        contact = session.scalars(select(Contact)).one()
        message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message and message.body == ""
    assert (contact.code_word, contact.contact_note, contact.quiet_from) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("we found a shelter for you, the police will come", ["shelter", "police"]),
        ("ខ្ញុំរកទីជម្រកឱ្យ និងប៉ូលិស", ["ទីជម្រក", "ប៉ូលិស"]),
        ("polis ning chumrok", ["polis", "chumrok"]),
        ("Are you safe to talk? He hits you?", ["hits you"]),
        ("Your passport is ready, bring your birth certificate", []),
        ("សូមយកសំបុត្រកំណើតមក", []),
        ("the courtyard and the policeman's hat", []),
    ],
)
def test_words_that_give_a_person_away_are_found(text: str, words: list[str]) -> None:
    assert unsafe_words.found_in(text) == words


def test_concerns_name_every_danger_of_a_message(database: Database) -> None:
    contact = contact_of(database, safe_to_text=False, quiet_from=0, quiet_until=23, covered_since=now())
    found = safe_contact.concerns(contact, "the shelter is open", at_hour(3))
    assert [concern.danger for concern in found] == list(Danger)
    assert safe_contact.concerns(Contact(), "your passport is ready", now()) == []


def test_aliases_are_two_neutral_words_and_never_given_twice(database: Database) -> None:
    with database.transaction() as session:
        for number in range(300):
            inbox.find_or_create_contact(session, Channel.SMS, f"+8551000{number:04}")
    with database.reading() as session:
        given = list(session.scalars(select(Contact.alias)))
    assert len(set(given)) == 300
    assert all(len(alias.split()) == 2 and len(alias) <= aliases.LONGEST for alias in given)


def test_a_number_is_added_once_the_pairs_of_words_run_short() -> None:
    assert aliases.new(lambda alias: not alias[-1].isdigit()).split()[-1].isdigit()
