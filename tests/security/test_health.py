"""Readiness tells what is missing; figures tell how it goes, and nothing of anyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text, update

from bot import handoff, inbox, operators, stuck
from bot.database import Database, connect
from bot.models import Beat, Channel, Conversation, Delivery, EncryptionKey, Message, State
from bot.models.columns import now
from bot.settings import Settings
from tests.security.conftest import Writer
from web import create_app

PERSON = "+85510000001"


@pytest.fixture
def client(settings: Settings, database: Database) -> FlaskClient:
    return create_app(settings, database).test_client()


def test_what_is_missing_is_told_and_messages_are_still_taken(
    client: FlaskClient, database: Database
) -> None:
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "degraded",
        "database": True,
        "migrated": True,
        "keys": True,
        "worker": False,
        "brain": False,
    }
    assert client.get("/ready?all").status_code == 503
    with database.transaction() as session:
        session.add(Beat(name="worker:host:1", at=now()))
    assert client.get("/ready").json["worker"] is True  # type: ignore[index]
    with database.transaction() as session:
        session.execute(update(Beat).values(at=now() - timedelta(minutes=2)))
    assert client.get("/ready").json["worker"] is False  # type: ignore[index]


def test_an_old_schema_is_not_ready(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client.get("/ready")
    assert answer.status_code == 503 and answer.json and answer.json["status"] == "down"


def test_a_key_that_is_lacking_is_not_ready(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        session.add(EncryptionKey(id="0" * 8, sealed="v1.00000000.AAAA"))
    answer = client.get("/ready")
    assert answer.status_code == 503 and answer.json and answer.json["keys"] is False


def test_a_database_that_is_gone_is_not_ready(settings: Settings, database: Database) -> None:
    gone = replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:9/none")
    answer = create_app(gone, connect(gone)).test_client().get("/ready")
    assert answer.status_code == 503 and answer.json and answer.json["database"] is False


def test_figures_tell_queue_turns_waits_and_deliveries(
    client: FlaskClient, database: Database, writer: Writer
) -> None:
    writer.write(PERSON, payload="!menu:documents")
    writer.write("+85510000002", "he beat me and will kill me tonight")
    with database.transaction() as session:
        conversation = session.query(Conversation).filter_by(state=State.WAITING).one()
        conversation.waiting_since = now() - timedelta(minutes=10)
    lines = dict(
        line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#")
    )
    priority = conversation.priority
    assert lines[f'phlov_queue{{priority="{priority}"}}'] == "1.0"
    assert float(lines[f'phlov_queue_oldest_seconds{{priority="{priority}"}}']) >= 600
    assert float(lines['phlov_turn_seconds{quantile="0.5"}']) > 0
    assert float(lines["phlov_segments_today"]) >= 2
    assert lines["phlov_brain_ready"] == "0.0" and lines["phlov_workers"] == "0.0"
    with database.transaction() as session:
        operator, _ = operators.add(session, "sokha")
        handoff.claim(session, conversation.id, operator)
    assert "phlov_escalation_wait_seconds" in client.get("/metrics").text


def test_figures_hold_nothing_of_anyone(client: FlaskClient, writer: Writer) -> None:
    writer.write("+85510203040", "zebrafinch")
    content = client.get("/metrics").text
    assert "zebrafinch" not in content and "10203040" not in content


@pytest.mark.parametrize("caller", ["8.8.8.8", "2001:4860:4860::8888"])
def test_figures_are_for_callers_inside_only(client: FlaskClient, caller: str) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": caller}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


@pytest.fixture
def received(database: Database) -> Callable[[str], int]:
    def one(identity: str) -> int:
        inbox.accept(database, inbox.Inbound(Channel.SMS, identity, PERSON, "hello"))
        with database.reading() as session:
            return session.query(Message).filter_by(provider_id=identity).one().id

    return one


def test_a_message_that_was_set_aside_is_listed_and_can_be_taken_again(
    database: Database, received: Callable[[str], int], writer: Writer
) -> None:
    message_id = received("SM1")
    with database.transaction() as session:
        session.get_one(Message, message_id).state = Delivery.QUARANTINED
    with database.reading() as session:
        [row] = stuck.listed(session)
    assert (row.id, row.state, row.direction) == (message_id, "quarantined", "in")
    with database.transaction() as session:
        stuck.retry(session, message_id)
    writer.handle()
    with database.reading() as session:
        assert session.get_one(Message, message_id).state == Delivery.HANDLED


def test_one_that_waits_long_can_be_given_to_a_person(
    database: Database, received: Callable[[str], int]
) -> None:
    message_id = received("SM1")
    with database.reading() as session:
        assert stuck.listed(session) == []
    with database.transaction() as session:
        session.get_one(Message, message_id).created_at = now() - timedelta(minutes=6)
    with database.reading() as session:
        assert [row.id for row in stuck.listed(session)] == [message_id]
    with database.transaction() as session:
        conversation_id = stuck.give_to_human(session, message_id)
    with database.reading() as session:
        conversation = session.get_one(Conversation, conversation_id)
        assert conversation.state == State.WAITING and conversation.reason == "stuck"
        assert session.get_one(Message, message_id).state == Delivery.QUARANTINED


def test_what_may_have_arrived_is_sent_again_only_on_purpose(
    database: Database, received: Callable[[str], int], writer: Writer
) -> None:
    writer.write(PERSON, payload="!menu:documents")
    with database.transaction() as session:
        out = session.query(Message).filter_by(direction="out").one()
        out.state, out.error = Delivery.FAILED, "may_have_arrived"
        message_id = out.id
    with database.transaction() as session, pytest.raises(stuck.NotStuck, match="even-if-sent"):
        stuck.retry(session, message_id)
    with database.transaction() as session:
        stuck.retry(session, message_id, even_if_sent=True)
    with database.reading() as session:
        assert session.get_one(Message, message_id).state == Delivery.QUEUED
