"""A backup is restored, from each kind of database into each; a damaged one or a wrong key is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import audit, backup, handoff, inbox, operators, outbox
from bot.crypto import Keyring, Undecryptable
from bot.database import Database, connect
from bot.models import (
    Channel,
    Consent,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Message,
    Note,
    Operator,
    State,
)
from bot.models.columns import use_keyring
from bot.settings import Settings

PERSON = "+85510000001"


@pytest.fixture
def filled(database: Database) -> Database:
    """Two people: one is in the human queue, one has just written; one reply is on its way."""
    for number in range(1, 3):
        inbox.accept(
            database, inbox.Inbound(Channel.SMS, f"SM{number}", f"+8551000000{number}", "markedwords ខ្ញុំ")
        )
    with database.transaction() as session:
        operator, _ = operators.add(session, "Sokha")
        contact = inbox.find_contact(session, Channel.SMS, PERSON)
        assert contact
        conversation = Conversation(contact_id=contact.id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        message = session.scalars(select(Message).where(Message.contact_id == contact.id)).one()
        message.state, message.conversation_id = Delivery.HANDLED, conversation.id
        handoff.escalate(session, conversation, "gbv", 2)
        handoff.claim(session, conversation.id, operator)
        session.add(Note(conversation_id=conversation.id, operator_id=operator.id, body="call on Monday"))
        session.add(
            Consent(
                contact_id=contact.id,
                purpose="keep_needs",
                given=True,
                text_version="1",
                form="en",
                channel=Channel.SMS,
            )  # type: ignore[arg-type]
        )
        outbox.queue_operator_message(session, conversation, operator, "on its way")
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    """Settings of another, empty database of each kind."""
    if request.param == "sqlite":
        return replace(settings, database_url=f"sqlite:///{tmp_path}/restored.db")
    new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
    return replace(settings, database_url=new().replace("postgresql://", "postgresql+psycopg://"))


def facts_of(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        return {
            "contacts": sorted(c.address for c in session.scalars(select(Contact))),
            "names": [o.name for o in session.scalars(select(Operator))],
            "bodies": sorted(m.body for m in session.scalars(select(Message))),
            "times": sorted(m.created_at for m in session.scalars(select(Message))),
            "notes": [n.body for n in session.scalars(select(Note))],
            "consents": session.scalar(select(func.count(Consent.id))),
        }


def test_everything_comes_back_on_either_kind_of_database(
    filled: Database, empty: Settings, tmp_path: Path
) -> None:
    before = facts_of(filled)
    written = backup.write(filled, tmp_path / "b.backup")
    assert backup.restore(empty, tmp_path / "b.backup") == written
    restored = connect(empty)
    assert facts_of(restored) == before
    with restored.reading() as session:
        assert audit.first_broken(session) is None
        assert inbox.find_contact(session, Channel.SMS, PERSON)
    # New rows get ids of their own, and the provider's ids are still known.
    assert not inbox.accept(restored, inbox.Inbound(Channel.SMS, "SM1", PERSON, "again"))
    assert inbox.accept(restored, inbox.Inbound(Channel.SMS, "SM9", "+85510000009", "new"))
    restored.engine.dispose()


def test_after_a_restore_nothing_old_is_sent_or_answered_by_itself(
    filled: Database, empty: Settings, tmp_path: Path
) -> None:
    backup.write(filled, tmp_path / "b.backup")
    backup.restore(empty, tmp_path / "b.backup")
    restored = connect(empty)
    assert inbox.claim_next(restored) is None
    with restored.reading() as session:
        out = session.scalars(select(Message).where(Message.direction == Direction.OUT)).one()
        assert out.state == Delivery.FAILED and out.error == "may_have_arrived"
        unread = session.scalars(select(Message).where(Message.provider_id == "SM2")).one()
        assert unread.state == Delivery.QUARANTINED
        conversation = session.get_one(Conversation, unread.conversation_id)
        assert conversation.state == State.WAITING
    restored.engine.dispose()


def test_the_file_is_encrypted_private_and_appears_only_when_whole(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "b.backup"
    backup.write(filled, file)
    content = file.read_bytes()
    for readable in (b"markedwords", b"10000001", b"Sokha", b"escalation", b"INSERT", b"message"):
        assert readable not in content
    assert file.stat().st_mode & 0o777 == 0o600
    (tmp_path / "full").mkdir(mode=0o500)
    missing = tmp_path / "no such folder" / "b.backup"
    with pytest.raises(OSError, match="No such file"):
        backup.write(filled, missing)
    assert [f.name for f in tmp_path.glob("*.partial")] == [] and not missing.exists()


@pytest.mark.parametrize("harm", ["cut", "cut_at_frame", "flip", "append", "header", "empty", "text"])
def test_a_damaged_backup_is_refused_before_anything_is_changed(
    filled: Database, settings: Settings, tmp_path: Path, harm: str
) -> None:
    file = tmp_path / "b.backup"
    backup.write(filled, file)
    content = bytearray(file.read_bytes())
    if harm == "cut":
        del content[-10:]
    elif harm == "cut_at_frame":
        del content[32:]
    elif harm == "flip":
        content[len(content) // 2] ^= 1
    elif harm == "append":
        content += b"x"
    elif harm == "header":
        content[20] ^= 1
    elif harm == "empty":
        content.clear()
    else:
        content = bytearray(b"SQLite format 3\0" * 9)
    file.write_bytes(content)
    with pytest.raises((backup.NotABackup, backup.BackupDamaged)):
        backup.restore(replace(settings, database_url=f"sqlite:///{tmp_path}/new.db"), file)
    assert not (tmp_path / "new.db").exists()


def test_a_wrong_key_is_refused(filled: Database, settings: Settings, tmp_path: Path) -> None:
    backup.write(filled, tmp_path / "b.backup")
    use_keyring(Keyring((os.urandom(32),)))
    try:
        with pytest.raises(Undecryptable):
            backup.check(tmp_path / "b.backup")
    finally:
        use_keyring(Keyring(settings.keys))


def test_data_is_never_restored_over_data(filled: Database, settings: Settings, tmp_path: Path) -> None:
    before = facts_of(filled)
    backup.write(filled, tmp_path / "b.backup")
    with pytest.raises(backup.NotEmpty):
        backup.restore(settings, tmp_path / "b.backup")
    assert facts_of(filled) == before


def test_a_backup_of_many_rows_keeps_each(database: Database, settings: Settings, tmp_path: Path) -> None:
    with database.transaction() as session:
        contact = inbox.find_or_create_contact(session, Channel.SMS, PERSON)
        session.add_all(
            Message(
                contact_id=contact.id,
                direction=Direction.IN,
                channel=Channel.SMS,
                author="person",  # type: ignore[arg-type]
                body=os.urandom(600).hex(),
                state=Delivery.HANDLED,
                position=number,
            )
            for number in range(1500)
        )
    written = backup.write(database, tmp_path / "b.backup")
    assert written.rows["message"] == 1500
    assert (tmp_path / "b.backup").stat().st_size > 1024 * 1024
    assert backup.check(tmp_path / "b.backup") == written
