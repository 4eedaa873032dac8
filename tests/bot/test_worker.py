"""The worker process's own promises."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest
import structlog

from bot import inbox
from bot.brain import BrainTurn, BrainUnavailable, Events
from bot.database import Database, connect, migrate
from bot.logs import Unfailing
from bot.models import Channel
from bot.settings import load_settings
from bot.worker import Worker, only_worker
from tests.stand_ins import Providers


def sqlite(tmp_path: Path) -> Database:
    settings = load_settings({"PHLOV_VAR": str(tmp_path)})
    migrate(settings)
    return connect(settings)


def test_a_second_worker_on_sqlite_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    database, stop, order = sqlite(tmp_path), threading.Event(), []

    def second() -> None:
        with only_worker(database, stop) as alone:
            order.append(("second", alone))

    with only_worker(database, stop) as alone:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        order.append(("first", alone))
    thread.join()
    assert order == [("first", True), ("second", True)]


def test_a_waiting_worker_can_be_stopped(tmp_path: Path) -> None:
    database, stop = sqlite(tmp_path), threading.Event()
    with only_worker(database, threading.Event()):
        stop.set()
        with only_worker(database, stop) as alone:
            assert not alone


class Idle:
    """A wake-up that never comes."""

    def wait(self, stop: threading.Event, seconds: float) -> None:
        stop.wait(seconds)

    def wake(self) -> None:
        return


class Away:
    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        raise BrainUnavailable("away")


def test_everything_is_answered_and_a_stop_finishes_what_is_in_hand(
    tmp_path: Path, providers: Providers
) -> None:
    environment = {"PHLOV_VAR": str(tmp_path), "TWILIO_API_URL": providers.url}
    settings = load_settings(environment)
    migrate(settings)
    database = connect(settings)
    worker = Worker(database, settings, Away(), Idle())
    running = threading.Thread(target=worker.run)
    running.start()
    for number in range(12):
        inbox.accept(database, inbox.Inbound(Channel.SMS, f"SM{number}", f"+8551000{number:04}", "hello"))
    providers.wait_for(12, seconds=60)
    worker.stop()
    running.join(30)
    assert not running.is_alive()
    assert len({message["to"] for message in providers.sms}) == len(providers.sms) == 12


def test_a_step_of_the_sweep_that_fails_keeps_no_other_from_being_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("this one is broken")

    database = sqlite(tmp_path)
    worker = Worker(database, load_settings({"PHLOV_VAR": str(tmp_path)}), Away(), Idle())
    told = threading.Event()
    monkeypatch.setattr("bot.worker.paging.page_again", fail)
    monkeypatch.setattr(worker, "_tell_still_waiting", told.set)
    running = threading.Thread(target=worker.run)
    running.start()
    assert told.wait(30)
    worker.stop()
    running.join(30)


def test_a_log_that_cannot_be_written_stops_no_job() -> None:
    with open("/dev/full", "w", buffering=1) as full:
        log = structlog.wrap_logger(
            structlog.PrintLogger(Unfailing(full)),  # type: ignore[arg-type]
            processors=[structlog.processors.JSONRenderer()],
        )
        log.error("job_failed", job="turns")
        with contextlib.suppress(OSError):
            full.close()
