"""A database that is locked or gone, a Redis that is silent: nothing false is acknowledged, nothing waits."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from twilio.request_validator import RequestValidator

from bot import inbox
from bot.database import Database, connect, migrate
from bot.models import Channel, Message
from bot.models.columns import now
from bot.settings import Settings, load_settings
from bot.wakeup import RedisWakeup
from tests.chaos.servers import PostgreSQL, Redis
from web import create_app


def helpline(tmp_path: Path, **environment: str) -> tuple[Settings, FlaskClient]:
    settings = load_settings({"PHLOV_VAR": str(tmp_path), **environment})
    migrate(settings)
    return settings, create_app(settings).test_client()


def post(client: FlaskClient, settings: Settings, identity: str) -> int:
    fields = {"MessageSid": identity, "From": "+85510000001", "To": "1294", "Body": "hello"}
    url = f"{settings.public_url}/webhooks/twilio/sms"
    signature = RequestValidator(settings.twilio_auth_tokens[0]).compute_signature(url, fields)
    return client.post(url, data=fields, headers={"X-Twilio-Signature": signature}).status_code


def kept(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.scalars(select(Message.provider_id).order_by(Message.id)))


def lock(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_a_short_lock_of_sqlite_is_waited_for(tmp_path: Path) -> None:
    settings, client = helpline(tmp_path)
    locked = lock(tmp_path / "phlov.db")
    threading.Timer(1.5, lambda: locked.execute("ROLLBACK")).start()
    assert post(client, settings, "SM1") == 200
    assert kept(connect(settings)) == ["SM1"]


def test_a_long_lock_of_sqlite_is_no_acknowledgement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.database._BUSY_SECONDS", 1)
    settings, client = helpline(tmp_path)
    locked = lock(tmp_path / "phlov.db")
    assert post(client, settings, "SM1") == 503
    locked.execute("ROLLBACK")
    assert kept(connect(settings)) == []
    assert post(client, settings, "SM1") == 200


def test_postgresql_killed_is_no_acknowledgement_and_its_return_needs_no_restart(tmp_path: Path) -> None:
    with PostgreSQL(tmp_path / "servers") as server:
        settings, client = helpline(tmp_path, DATABASE_URL=server.url)
        assert post(client, settings, "SM1") == 200
        server.kill()
        assert post(client, settings, "SM2") == 503
        assert client.get("/ready").status_code == 503
        server.start()
        assert post(client, settings, "SM2") == 200
        assert kept(connect(settings)) == ["SM1", "SM2"]


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


def test_a_repetition_is_known_after_a_day_a_restart_and_an_empty_redis(tmp_path: Path, redis: Redis) -> None:
    settings, client = helpline(tmp_path, REDIS_URL=redis.url)
    assert post(client, settings, "SM1") == 200
    with connect(settings).transaction() as session:
        session.execute(update(Message).values(created_at=now() - timedelta(hours=25)))
    redis.kill()
    redis.start()
    assert post(create_app(settings).test_client(), settings, "SM1") == 200
    assert kept(connect(settings)) == ["SM1"]


@pytest.mark.parametrize("state", ["dead", "silent"])
def test_without_redis_messages_are_kept_and_nobody_waits_for_it(
    tmp_path: Path, redis: Redis, state: str
) -> None:
    settings, client = helpline(tmp_path, REDIS_URL=redis.url)
    if state == "dead":
        redis.kill()
    else:
        os.kill(redis.pid, signal.SIGSTOP)
    try:
        assert [post(client, settings, f"SM{n}") for n in range(20)] == [200] * 20
    finally:
        if state == "silent":
            os.kill(redis.pid, signal.SIGCONT)
        else:
            redis.start()
    assert len(kept(connect(settings))) == 20


def test_a_silent_redis_is_asked_once_and_then_left_alone(redis: Redis) -> None:
    wakeup = RedisWakeup(redis.url)
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        wakeup.wake()
        began = time.monotonic()
        for _ in range(50):
            wakeup.wake()
        assert time.monotonic() - began < 10  # each would take a quarter of a second
    finally:
        os.kill(redis.pid, signal.SIGCONT)


def test_a_worker_is_woken_through_redis(redis: Redis) -> None:
    waiting, waking, stop = RedisWakeup(redis.url), RedisWakeup(redis.url), threading.Event()
    woken = threading.Event()

    def wait() -> None:
        waiting.wait(stop, 60)
        woken.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not woken.is_set():  # it may not be listening yet
        waking.wake()
        woken.wait(0.1)
    thread.join(5)
    stop.set()
    assert not thread.is_alive()


def store_until_killed(environment: dict[str, str], acknowledged: str) -> None:
    """Stores message after message; a name in `acknowledged` says that its 200 would have left."""
    database = connect(load_settings(environment))
    descriptor = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    number = 0
    while True:
        number += 1
        inbox.accept(database, inbox.Inbound(Channel.SMS, f"SM{number}", f"+8551{number:07}", "hello"))
        os.write(descriptor, f"SM{number}\n".encode())


@pytest.mark.parametrize("instant", [0.05, 0.2, 0.5])
def test_files_copied_after_a_kill_are_whole_and_hold_all_that_was_acknowledged(
    tmp_path: Path, instant: float
) -> None:
    helpline(tmp_path)
    acknowledged = tmp_path / "acknowledged"
    process = multiprocessing.get_context("spawn").Process(
        target=store_until_killed, args=({"PHLOV_VAR": str(tmp_path)}, str(acknowledged))
    )
    process.start()
    while not (acknowledged.exists() and acknowledged.read_text()):
        time.sleep(0.02)
    time.sleep(instant)
    process.kill()
    process.join()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tmp_path.glob("phlov.db*"):
        shutil.copy(file, copy)
    database = connect(
        load_settings({"PHLOV_VAR": str(tmp_path), "DATABASE_URL": f"sqlite:///{copy}/phlov.db"})
    )
    with database.reading() as session:
        assert session.scalar(select(func.count(Message.id))) or 0
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert set(acknowledged.read_text().split()) <= set(kept(database))
