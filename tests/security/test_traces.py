"""Marked words through the real processes: nothing of them is anywhere but on the phone and the screen."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import redis as redis_client
import requests
from sqlalchemy import create_engine, inspect, text

from bot.settings import ROOT
from tests.chaos.servers import PostgreSQL, Redis
from tests.processes.helpline import Helpline, running_helpline

pytestmark = [pytest.mark.processes, pytest.mark.brain]

# A word nobody writes, in the three forms; a number; a Telegram name and chat; staff and their words.
WORDS = ("zebrafinchquokka", "ហ្សេប្រាក្វូកា", "sebraakvokaa")
NUMBER, CHAT = "19870654321", "7019283746"
NAMES = ("Quokkaname", "Zebrafamily", "zebra_quokka_user")
OPERATOR = "zebraoperator"
MARKS = (*WORDS, NUMBER, NUMBER[2:], CHAT, *NAMES, OPERATOR)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def helpline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpline]:
    """Everything that can be made to talk was made to: usual, sensitive, odd and failing messages.

    The files of PostgreSQL, its log ahead and the one of Valkey lie in the searched folder.
    """
    started = time.time()
    folder = tmp_path_factory.mktemp("traces")
    with ExitStack() as stack:
        if request.param == "postgresql":
            postgresql = stack.enter_context(PostgreSQL(folder / "servers"))
            redis = stack.enter_context(Redis())
            running = stack.enter_context(running_helpline(folder, postgresql.url, redis_url=redis.url))
        else:
            running = stack.enter_context(running_helpline(folder))
        running.started = started  # type: ignore[attr-defined]
        running.phlov("operator", "add", OPERATOR)
        number = f"+855{NUMBER}"
        for word in WORDS:
            running.sms(f"how do i get a passport for {word}", number)
            running.sms(f"my husband beat me {word}", f"+855{NUMBER[::-1]}")
            running.sms(f"/{word}" + "{" + word + "}", number)
            running.sms(f"{word} " * 300, number)
        person = {"id": int(CHAT), "first_name": NAMES[0], "last_name": NAMES[1], "username": NAMES[2]}
        for text in (*WORDS, "/start", f"/restart{WORDS[0]}"):
            message = {
                "message_id": 1,
                "date": 1_790_000_000,
                "text": text,
                "from": person,
                "chat": {**person, "type": "private"},
            }
            running.telegram({"message": message})
        # What isn't accepted mustn't be told by a log either.
        running.sms(WORDS[0], number, token="f" * 32)
        running.telegram({"message": {"text": WORDS[0], "chat": {"id": CHAT}}})
        requests.post(f"{running.url}/webhooks/telegram", data=WORDS[0].encode(), timeout=5)
        requests.get(f"{running.url}/console/{WORDS[0]}", timeout=5)
        running.kill("rasa")
        running.sms(f"and now {WORDS[0]}", "+855" + "11111111")
        deadline = time.monotonic() + 30
        while b'"received"' in requests.get(f"{running.url}/metrics", timeout=5).content:
            waiting = [
                line
                for line in requests.get(f"{running.url}/metrics", timeout=5).text.splitlines()
                if line.startswith('phlov_messages_waiting{direction="in"')
            ]
            if waiting and waiting[0].endswith(" 0.0"):
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        running.start("rasa")
        running.wait_until_ready()
        yield running


def assert_unmarked(content: bytes, where: str) -> None:
    for mark in MARKS:
        assert mark.encode() not in content, f"{mark!r} is in {where}"
        assert mark.encode("utf-16-le") not in content, f"{mark!r} is in {where}"


def test_no_file_holds_a_mark(helpline: Helpline) -> None:
    """The data's folder with database and logs, the project's own, and what Rasa and others leave in /tmp."""
    folders = [
        helpline.log.parent,
        ROOT / "models",
        ROOT / ".rasa",
        ROOT / "var",
        Path("/tmp"),
        Path.home() / ".config",
    ]
    seen = 0
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                file = Path(parent, name)
                try:
                    ours = file.is_relative_to(helpline.log.parent)
                    if not file.is_file() or (not ours and file.stat().st_mtime < helpline.started):  # type: ignore[attr-defined]
                        continue
                    if file.suffix in (".py", ".pyc") or file.stat().st_size > 2**27:
                        continue
                    content = file.read_bytes()
                except OSError:
                    continue
                if ours or OPERATOR.encode() in content or WORDS[0].encode() in content:
                    seen += ours
                    assert_unmarked(content, str(file))
    assert seen >= 2  # the database and the log at least


def test_no_column_of_any_table_holds_a_mark(helpline: Helpline) -> None:
    engine, rows = create_engine(helpline.environment["DATABASE_URL"]), 0
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                rows += 1
                assert_unmarked(repr(row).encode(), table)
    engine.dispose()
    assert rows > 20


def test_redis_holds_no_mark(helpline: Helpline) -> None:
    if not helpline.environment["REDIS_URL"]:
        pytest.skip("SQLite runs without Redis")
    client = redis_client.Redis.from_url(helpline.environment["REDIS_URL"])
    for key in client.scan_iter():
        assert_unmarked(key + (client.dump(key) or b""), "Redis")
    assert client.info("stats")["total_commands_processed"] > 10  # it was used


def test_no_process_shows_a_mark_or_a_secret_in_its_title(helpline: Helpline) -> None:
    secrets = (helpline.environment["RASA_TOKEN"], helpline.environment["TELEGRAM_WEBHOOK_SECRET"])
    for process in our_processes(helpline):
        title = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert_unmarked(title, "a process title")
        assert not any(secret.encode() in title for secret in secrets)


def test_no_figure_holds_a_mark(helpline: Helpline) -> None:
    for path in ("/metrics", "/ready", "/live"):
        assert_unmarked(requests.get(helpline.url + path, timeout=5).content, path)
    assert_unmarked(helpline.phlov("queue", "list", "--json").encode(), "queue list")
    assert_unmarked(helpline.phlov("stuck", "list", "--json").encode(), "stuck list")


def test_a_backup_holds_no_mark(helpline: Helpline) -> None:
    file = helpline.log.parent / "marks.backup"
    helpline.phlov("backup", str(file))
    assert_unmarked(file.read_bytes(), "the backup")
    helpline.environment["DATABASE_URL"], kept = (
        f"sqlite:///{helpline.log.parent}/restored.db",
        helpline.environment["DATABASE_URL"],
    )
    try:
        assert "restored" in helpline.phlov("restore", str(file))
        assert OPERATOR not in helpline.phlov("queue", "list")
    finally:
        helpline.environment["DATABASE_URL"] = kept
    for part in helpline.log.parent.glob("restored.db*"):
        assert_unmarked(part.read_bytes(), str(part))


def test_no_process_can_leave_a_core_dump(helpline: Helpline) -> None:
    for process in our_processes(helpline):
        assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0), process.name()


def test_the_brain_has_no_secret_but_its_token_and_speaks_with_loopback_only(helpline: Helpline) -> None:
    brain = psutil.Process(helpline.processes["rasa"].pid)
    environment = brain.environ()
    allowed = {"RASA_TOKEN", "PATH", "HOME", "LANG", "PYTHONPATH", "LOG_LEVEL", "LOG_LEVEL_LIBRARIES"}
    for name in environment:
        tame = name.startswith(
            ("PYTHON", "TF_", "CUDA_", "OMP_", "OPENBLAS", "SQLALCHEMY_", "RASA_TELEMETRY")
        )
        assert name in allowed or tame or name in ("PWD", "SHLVL", "_", "LC_CTYPE"), name
    ours = {helpline.environment[n] for n in ("TWILIO_AUTH_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "DATABASE_URL")}
    assert not ours & set(environment.values())
    assert not any("proxy" in name.casefold() for name in environment)
    for process in (brain, *brain.children(recursive=True)):
        for connection in process.net_connections("inet"):
            assert connection.laddr.ip in ("127.0.0.1", "::1"), connection
            assert not connection.raddr or connection.raddr.ip in ("127.0.0.1", "::1"), connection
        for file in process.open_files():
            assert "phlov.db" not in file.path


def our_processes(helpline: Helpline) -> list[psutil.Process]:
    tops = [psutil.Process(process.pid) for process in helpline.processes.values()]
    return [*tops, *(child for top in tops for child in top.children(recursive=True))]
