"""What the kill tests run in a process of its own, to be killed at a chosen point of its work."""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot import backup, inbox, rotation, sender
from bot.brain import RasaBrain
from bot.channels import providers
from bot.crypto import Keyring
from bot.database import connect, migrate
from bot.models.columns import use_keyring
from bot.settings import Settings, load_settings
from bot.turn import take_turn
from tests.chaos.inject.sitecustomize import FaultPoint, install
from web import create_app

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.chaos.victim"])


def run(job: Callable[..., None], *arguments: Any) -> int:
    """Runs `job` in a process of its own; its exit code, -9 where it was killed."""
    process = _processes.Process(target=job, args=arguments)
    process.start()
    process.join(timeout=60)
    assert process.exitcode is not None, "still running"
    return process.exitcode


def work(environment: dict[str, str], point: str = "", nth: int = 0) -> None:
    """Everything that is due: turns, then sending; killed at the `nth` passing of `point`."""
    settings = load_settings(environment)
    install(FaultPoint(point, nth))
    database, brain, channels = connect(settings), RasaBrain(settings), providers(settings)
    while True:
        claim = inbox.claim_next(database)
        if claim is not None:
            take_turn(database, claim, brain, settings)
        elif not sender.send_next(database, channels):
            return


def post(environment: dict[str, str], path: str, request: dict[str, Any], point: str = "") -> None:
    """One request to the web process's application; exits with 0 where it was acknowledged."""
    install(FaultPoint(point, nth=1))
    client = create_app(load_settings(environment)).test_client()
    raise SystemExit(0 if client.post(path, **request).status_code == 200 else 1)


def post_on_a_full_disk(environment: dict[str, str], path: str, request: dict[str, Any], size: int) -> None:
    """The same, with no file of this process able to grow beyond `size` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    application = create_app(load_settings(environment))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    raise SystemExit(0 if application.test_client().post(path, **request).status_code == 200 else 1)


def migrate_to_newest(settings: Settings, nth: int) -> None:
    """Killed after the `nth` statement, as the next two are."""
    install(FaultPoint("statement", nth))
    migrate(settings)


def rotate_keys(settings: Settings, nth: int) -> None:
    database = connect(settings)
    install(FaultPoint("statement", nth))
    list(rotation.rotate(database, batch=5))


def restore_backup(settings: Settings, file: Path, nth: int) -> None:
    use_keyring(Keyring(settings.keys))
    install(FaultPoint("statement", nth))
    backup.restore(settings, file)
