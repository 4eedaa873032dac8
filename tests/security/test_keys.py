"""Keys: a wrong one is told at start, a new one takes over while the helpline runs."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Text, create_engine, func, select, type_coerce, update

from bot import audit, inbox, operators, rotation
from bot.crypto import Keyring
from bot.database import Database, connect
from bot.models import Base, Channel, Contact, Conversation, EncryptionKey, Message, Note, Operator
from bot.models.columns import keyring, use_keyring
from bot.settings import Settings, UnsafeSetting

NEW, OTHER = os.urandom(32), os.urandom(32)
# Of random tokens, codes that expire, passwords, and of trails: none of them is looked up by a person's data.
NOT_BLIND = {"password_hash", "token_hash", "code_hash", "session_hash", "hash"}


@pytest.fixture(autouse=True)
def keys_put_back(settings: Settings) -> Iterator[None]:
    yield
    use_keyring(Keyring(settings.keys))


@pytest.fixture
def filled(database: Database) -> Database:
    """Ten people with messages, an operator and a note, under the old key."""
    for number in range(10):
        inbox.accept(
            database, inbox.Inbound(Channel.SMS, f"SM{number}", f"+8551000000{number}", f"text {number}")
        )
    with database.transaction() as session:
        operator, _ = operators.add(session, "Sokha")
        contact = session.scalars(select(Contact)).first()
        assert contact
        conversation = Conversation(contact_id=contact.id, options=[{"key": "1"}], not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        session.add(Note(conversation_id=conversation.id, operator_id=operator.id, body="call on Monday"))
    return database


def with_keys(settings: Settings, *keys: bytes) -> Settings:
    return replace(settings, keys=keys)


def test_a_wrong_key_stops_the_start_and_the_setting_is_named(filled: Database, settings: Settings) -> None:
    with pytest.raises(UnsafeSetting) as refused:
        connect(with_keys(settings, OTHER))
    assert refused.value.name == "PHLOV_KEYS"


def test_a_wrong_key_is_told_too_for_a_database_from_before_the_register(
    filled: Database, settings: Settings
) -> None:
    with filled.transaction() as session:
        session.query(EncryptionKey).delete()
    with pytest.raises(UnsafeSetting):
        connect(with_keys(settings, OTHER))
    connect(settings)


def test_a_key_taken_out_too_early_stops_the_start(filled: Database, settings: Settings) -> None:
    connect(with_keys(settings, NEW, *settings.keys))
    with pytest.raises(UnsafeSetting) as refused:
        connect(with_keys(settings, NEW))
    assert "lacks the key" in str(refused.value)


def test_after_rotating_only_the_new_key_is_needed_and_everything_is_found(
    filled: Database, settings: Settings
) -> None:
    database = connect(with_keys(settings, NEW, *settings.keys))
    done = list(rotation.rotate(database))
    assert {d.table: d.rewritten for d in done}["message"] == 10
    assert not any(d.unreadable for d in done) and not rotation.remaining(database)
    alone = connect(with_keys(settings, NEW))
    with alone.reading() as session:
        contact = inbox.find_contact(session, Channel.SMS, "+85510000007")
        assert contact and contact.address == "+85510000007"
        assert operators.by_name(session, "sokha").name == "Sokha"
        assert session.scalars(select(Note)).one().body == "call on Monday"
        assert session.scalars(select(Conversation)).one().options == [{"key": "1"}]
        assert sorted(m.body for m in session.scalars(select(Message))) == [f"text {n}" for n in range(10)]
        assert audit.first_broken(session) is None


def test_a_rotation_that_was_cut_off_goes_on_where_it_stopped(filled: Database, settings: Settings) -> None:
    database = connect(with_keys(settings, NEW, *settings.keys))
    steps = rotation.rotate(database, batch=3)
    next(steps)
    steps.close()
    assert rotation.remaining(database)
    again = {d.table: d.rewritten for d in rotation.rotate(database, batch=3)}
    assert sum(again.values()) > 0 and not rotation.remaining(database)
    assert not any(d.rewritten for d in rotation.rotate(database))


def test_messages_that_come_while_rotating_are_neither_lost_nor_overwritten(
    filled: Database, settings: Settings
) -> None:
    database = connect(with_keys(settings, NEW, *settings.keys))
    stop = threading.Event()
    accepted = itertools.count()

    def keep_writing() -> None:
        while not stop.wait(0.02):
            number = next(accepted)
            sender = f"+8551000001{number % 10}"
            inbox.accept(database, inbox.Inbound(Channel.SMS, f"SMlate{number}", sender, f"late {number}"))

    writing = threading.Thread(target=keep_writing)
    writing.start()
    list(rotation.rotate(database, batch=5))
    stop.set()
    writing.join()
    with connect(with_keys(settings, NEW)).reading() as session:
        assert session.scalar(select(func.count(Message.id))) == 10 + next(accepted)
        assert session.scalar(select(func.count(Contact.id))) == 20
        assert {m.body.split()[0] for m in session.scalars(select(Message))} == {"text", "late"}


def test_an_unreadable_value_is_counted_left_alone_and_keeps_the_old_key_needed(
    filled: Database, settings: Settings
) -> None:
    with filled.transaction() as session:
        lost = Keyring((OTHER,)).encrypt("x", "message.body")
        first = session.scalar(select(func.min(Message.id)))
        session.execute(
            update(Message.__table__).where(Message.id == first).values(body=type_coerce(lost, Text))  # type: ignore[arg-type]
        )
    database = connect(with_keys(settings, NEW, *settings.keys))
    assert sum(d.unreadable for d in rotation.rotate(database)) == 1
    with pytest.raises(UnsafeSetting):
        connect(with_keys(settings, NEW))


def test_a_process_still_on_the_old_key_makes_it_needed_again(filled: Database, settings: Settings) -> None:
    list(rotation.rotate(connect(with_keys(settings, NEW, *settings.keys))))
    late = connect(with_keys(settings, *settings.keys, NEW))
    inbox.accept(late, inbox.Inbound(Channel.SMS, "SMlate", "+85510000099", "late"))
    with pytest.raises(UnsafeSetting):
        connect(with_keys(settings, NEW))
    list(rotation.rotate(connect(with_keys(settings, NEW, *settings.keys))))
    with connect(with_keys(settings, NEW)).reading() as session:
        assert inbox.find_contact(session, Channel.SMS, "+85510000099")


def test_every_keyed_hash_says_how_it_is_made_anew() -> None:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("hash") and column.name not in NOT_BLIND:
                assert "blind_index" in column.info, f"{table.name}.{column.name}: see bot.models.columns"


def test_no_text_of_a_person_is_stored_in_the_clear(filled: Database, database_url: str) -> None:
    """The raw columns, past our own types."""
    engine = create_engine(filled.engine.url)
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"'):
                content = repr(tuple(row))
                assert "text 1" not in content and "1000000" not in content and "Sokha" not in content
                assert "Monday" not in content
    engine.dispose()
    with filled.reading() as session:
        tokens = session.scalars(select(type_coerce(Operator.name, Text)))
        assert all(keyring().is_current(token) for token in tokens)
