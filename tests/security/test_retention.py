"""What is overdue is erased by its class, with a proof; what is needed stays; the file forgets it too."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Text, create_engine, select, type_coerce

from bot import handoff, inbox, operators, outbox, retention
from bot.database import Database
from bot.models import (
    Base,
    Channel,
    Consent,
    Contact,
    Conversation,
    Delivery,
    Erasure,
    Message,
    Need,
    Note,
    Operator,
    State,
)
from bot.models.columns import now
from bot.rotation import encrypted_columns
from bot.settings import KEEP_DAYS, Settings, UnsafeSetting, load_settings

PERSON = "+85510000001"
MARK = "markedwords"


def talk(database: Database, address: str = PERSON, escalated: bool = False) -> int:
    """A conversation of now, closed where a person had it; its id."""
    inbox.accept(database, inbox.Inbound(Channel.SMS, f"SM{address}", address, f"{MARK} {address}"))
    with database.transaction() as session:
        contact = inbox.find_contact(session, Channel.SMS, address)
        assert contact
        conversation = Conversation(
            contact_id=contact.id,
            options=[{"label": MARK}],
            brain_events=[{"x": MARK}],
            not_understood=0,
            pages=0,
        )
        session.add(conversation)
        session.flush()
        message = session.scalars(select(Message).where(Message.contact_id == contact.id)).one()
        message.state, message.conversation_id = Delivery.HANDLED, conversation.id
        if escalated:
            operator = session.scalars(select(Operator)).first() or operators.add(session, "sokha")[0]
            handoff.escalate(session, conversation, "gbv", 2, {"pattern": MARK})
            handoff.claim(session, conversation.id, operator)
            session.add(Note(conversation_id=conversation.id, operator_id=operator.id, body=MARK))
            conversation.state, conversation.closed_at = State.CLOSED, now()
        return conversation.id


def days_on(days: float) -> datetime:
    return now() + timedelta(days=days)


def bodies(database: Database) -> list[str]:
    with database.reading() as session:
        return [m.body for m in session.scalars(select(Message).order_by(Message.id))]


def clear_values(database: Database) -> str:
    """Every encrypted value of the database, decrypted."""
    with database.reading() as session:
        columns = [c for table in Base.metadata.sorted_tables for c in encrypted_columns(table)]
        return repr([list(session.scalars(select(column))) for column in columns])


def test_words_that_only_the_bot_had_go_after_their_days_and_not_before(
    database: Database, settings: Settings
) -> None:
    talk(database)
    retention.run(database, settings, days_on(settings.keep_days["words"] - 0.5))
    assert MARK in bodies(database)[0]
    done = retention.run(database, settings, days_on(settings.keep_days["words"] + 0.5))
    assert retention.Erased("words", 1) in done
    assert MARK not in clear_values(database)
    again = retention.run(database, settings, days_on(settings.keep_days["words"] + 0.5))
    assert not any(erased.number for erased in again)


def test_a_case_that_people_had_stays_longer_and_an_open_one_stays(
    database: Database, settings: Settings
) -> None:
    closed, open_ = talk(database, escalated=True), talk(database, "+85510000002", escalated=True)
    with database.transaction() as session:
        session.get_one(Conversation, open_).state = State.WITH_OPERATOR
    retention.run(database, settings, days_on(settings.keep_days["words"] + 1))
    assert all(MARK in body for body in bodies(database))
    retention.run(database, settings, days_on(settings.keep_days["cases"] + 1))
    erased, kept = bodies(database)
    assert erased == "" and MARK in kept
    with database.reading() as session:
        notes = {n.conversation_id: n.body for n in session.scalars(select(Note))}
        assert notes == {closed: "", open_: MARK}


def test_words_written_after_an_erasure_are_erased_in_their_turn(
    database: Database, settings: Settings
) -> None:
    conversation_id = talk(database)
    later = days_on(settings.keep_days["words"] + 1)
    retention.run(database, settings, later)
    with database.transaction() as session:
        conversation = session.get_one(Conversation, conversation_id)
        conversation.last_message_at = now() + timedelta(days=1)
        contact = session.get_one(Contact, conversation.contact_id)
        session.add(outbox._outgoing(contact, conversation, "new words", "bot", "en"))  # type: ignore[arg-type]
    retention.run(database, settings, later)
    assert "new words" in bodies(database)
    retention.run(database, settings, later + timedelta(days=2))
    assert "new words" not in bodies(database)


def test_needs_go_with_their_days_and_people_once_nothing_of_them_is_left(
    database: Database, settings: Settings
) -> None:
    conversation_id = talk(database)
    with database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        consent = Consent(
            contact_id=contact.id,
            purpose="keep_needs",
            given=True,
            text_version="1",
            form="en",
            channel=Channel.SMS,  # type: ignore[arg-type]
        )
        session.add(consent)
        session.flush()
        session.add(
            Need(
                contact_id=contact.id,
                conversation_id=conversation_id,
                consent_id=consent.id,
                kind="need_school",
                words=MARK,
            )
        )
    retention.run(database, settings, days_on(settings.keep_days["people"] + 1))
    with database.reading() as session:
        assert session.scalars(select(Need)).one().words == MARK
        assert inbox.find_contact(session, Channel.SMS, PERSON)
    retention.run(database, settings, days_on(settings.keep_days["needs"] + 1))
    with database.reading() as session:
        assert session.scalars(select(Need)).first() is None
        assert inbox.find_contact(session, Channel.SMS, PERSON) is None
        assert session.scalars(select(Contact)).one().address == ""
    assert MARK not in clear_values(database) and "10000001" not in clear_values(database)
    # Whoever writes again is a new contact.
    assert inbox.accept(database, inbox.Inbound(Channel.SMS, "SMagain", PERSON, "hello"))


def test_who_ended_all_messages_stays_recognised_without_the_number(
    database: Database, settings: Settings
) -> None:
    talk(database)
    with database.transaction() as session:
        session.scalars(select(Contact)).one().stopped_at = now()
    retention.run(database, settings, days_on(settings.keep_days["people"] + 40))
    with database.reading() as session:
        contact = inbox.find_contact(session, Channel.SMS, PERSON)
        assert contact and contact.address == "" and contact.stopped_at


def test_each_erasure_leaves_a_proof_without_content(database: Database, settings: Settings) -> None:
    talk(database)
    retention.run(database, settings, days_on(settings.keep_days["words"] + 1))
    with database.reading() as session:
        proof = session.scalars(select(Erasure)).one()
        assert proof.cause == "retention" and proof.counts == {"conversation": 1}
        assert len(proof.hash) == 64


def test_nothing_of_what_was_erased_is_left_in_the_file_or_its_log(
    database: Database, settings: Settings, database_url: str
) -> None:
    """Not even the ciphertext, which the keys would open."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's files are its own: docs/retention.md")
    talk(database)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        tokens = [connection.exec_driver_sql("SELECT body FROM message").scalar_one()]
        tokens.append(connection.exec_driver_sql("SELECT brain_events FROM conversation").scalar_one())
    engine.dispose()
    path = Path(database_url.removeprefix("sqlite:///"))

    def files() -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

    assert all(token.split(".")[2].encode() in files() for token in tokens)
    retention.run(database, settings, days_on(settings.keep_days["words"] + 1))
    left = files()
    for token in tokens:
        payload = token.split(".")[2].encode()
        assert not any(payload[i : i + 16] in left for i in range(0, len(payload) - 16, 8))


def test_every_table_with_encrypted_columns_hangs_on_something_that_is_erased() -> None:
    """A new table is covered by its links; one without any has to say here who owns its contents."""
    of_staff_or_partners = {"operator", "edition", "organisation", "service", "listing", "directory_change"}
    of_staff_or_partners |= {"fact_edit", "hotline_call"}
    for table in Base.metadata.sorted_tables:
        if encrypted_columns(table) and table.name not in of_staff_or_partners | {"contact", "conversation"}:
            parents = {owner for link in table.foreign_keys for owner in retention.owners(link.column.table)}
            assert retention.owners(table) or parents, table.name


def test_the_days_are_settings_and_a_wrong_one_is_named(environment: dict[str, str]) -> None:
    kept = load_settings({**environment, "PHLOV_KEEP_DAYS": "words=7, needs=365"}).keep_days
    assert kept["words"] == 7 and kept["needs"] == 365 and kept["cases"] == KEEP_DAYS["cases"]
    for wrong in ("words", "words=-1", "tears=3", "words=0"):
        with pytest.raises(UnsafeSetting) as refused:
            load_settings({**environment, "PHLOV_KEEP_DAYS": wrong})
        assert refused.value.name == "PHLOV_KEEP_DAYS"


def test_bare_tokens_are_what_the_columns_hold(database: Database) -> None:
    talk(database)
    with database.reading() as session:
        raw = session.scalars(select(type_coerce(Message.body, Text))).one()
    assert raw.startswith("v1.") and MARK not in raw
