"""The worker process's own promises."""

from __future__ import annotations

import threading
from pathlib import Path

from bot.database import Database, connect, migrate
from bot.settings import load_settings
from bot.worker import only_worker


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
