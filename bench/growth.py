"""Does it stay as fast when much was kept? 10,000, 100,000 and 1,000,000 messages in PostgreSQL.

Everything measured is the real thing: the console's queue and conversation pages over Flask, and a
message from the webhook's storing to the provider's answer. The brain is left out (it has no database):
every message is answered by the turn's "a person will answer" path, which writes the most.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Connection, inspect, select, text

from bench.percentiles import percentile
from bot import inbox, operators, sender
from bot.brain import NoBrain
from bot.channels import Provider
from bot.channels import providers as make_providers
from bot.database import Database, connect, migrate
from bot.models import Base, Channel, Contact, Conversation, Message, Role
from bot.models.columns import now
from bot.settings import Settings, load_settings
from bot.turn import take_turn
from tests.chaos.servers import PostgreSQL
from tests.stand_ins import Providers
from web import create_app

SIZES = (10_000, 100_000, 1_000_000)
_A_CONVERSATION = 10  # messages
_WAITING = 200  # as many as the queue page shows
_TIMES = 60
_FLOOD = 20_000
_PASSWORD = "a quiet road by the river"


def run(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """The figures by size, the largest against the smallest, and how the busiest queries are planned.

    The sizes stand side by side and are measured in turn, so that whatever else the machine does
    meets all of them alike.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        server = stack.enter_context(PostgreSQL(folder / "servers"))
        stand_ins = stack.enter_context(Providers())
        measures = {}
        for size in sizes:
            environment = {"PHLOV_VAR": str(folder), "TWILIO_API_URL": stand_ins.url}
            settings = load_settings({**environment, "DATABASE_URL": server.new_database(f"of{size}")})
            migrate(settings)
            database = connect(settings)
            stack.callback(database.engine.dispose)
            measures[size] = _Measure(database, settings)
            grow_to(database, measures[size].template, size)
        for _ in range(_TIMES):
            for measure in measures.values():
                measure.once()
        figures = {size: measure.medians() for size, measure in measures.items()}
        plans = _plans(database)
        in_a_flood = measures[sizes[-1]].in_a_flood(_FLOOD)
    smallest, largest = figures[sizes[0]], figures[sizes[-1]]
    return {
        "milliseconds (median)": figures,
        "ratio": {name: round(largest[name] / smallest[name], 2) for name in largest},
        f"message handling with {_FLOOD:,} others waiting": in_a_flood,
        "plans at the largest": plans,
    }


class _Measure:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._channels = make_providers(settings)
        self._number = 0
        self._took: dict[str, list[float]] = defaultdict(list)
        self._handle()
        with database.reading() as session:
            self.template = session.scalars(select(Conversation.id)).one()
        self._browser = self._sign_in()

    def once(self) -> None:
        """Does each thing once and keeps how long it took."""
        self._time("queue page", lambda: self._get("/console/queue?show=all"))
        self._time("conversation page", lambda: self._get(f"/console/conversations/{self.template}"))
        self._time("message handling", self._handle)

    def medians(self) -> dict[str, float]:
        return {name: round(percentile(took, 0.5) * 1000, 2) for name, took in self._took.items()}

    def in_a_flood(self, waiting: int) -> float:
        """Message handling while so many messages of other people wait."""
        with self._database.engine.begin() as connection:
            some = "SELECT max(id) FROM message WHERE direction = 'in' GROUP BY contact_id LIMIT :waiting"
            flood = text(f"UPDATE message SET state = 'received' WHERE id IN ({some})")
            connection.execute(flood, {"waiting": waiting})
        for _ in range(_TIMES):
            self._time("in a flood", self._handle)
        return self.medians()["in a flood"]

    def _time(self, name: str, job: Callable[[], None]) -> None:
        began = time.perf_counter()
        job()
        self._took[name].append(time.perf_counter() - began)

    def _handle(self) -> None:
        """One message of a new person, from storing to the provider's answer."""
        self._number += 1
        handle_one(self._database, self._settings, self._channels, self._number)

    def _sign_in(self) -> FlaskClient:
        with self._database.transaction() as session:
            _, password = operators.add(session, "bench", Role.SUPERVISOR, language="en")
        browser = create_app(self._settings, self._database).test_client()
        for path, fields in (
            ("/console/sign-in", {"name": "bench", "password": password}),
            ("/console/password", {"password": _PASSWORD, "again": _PASSWORD}),
        ):
            token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).text)
            assert token is not None
            browser.post(path, data={"csrf_token": token[1], **fields})
        return browser

    def _get(self, path: str) -> None:
        answer = self._browser.get(path)
        assert answer.status_code in (200, 302), answer.status_code


def handle_one(
    database: Database, settings: Settings, channels: dict[Channel, Provider], number: int
) -> None:
    """The message of new person `number`, from storing to the provider's answer."""
    inbox.accept(
        database,
        inbox.Inbound(Channel.SMS, f"SMbench{number}", f"+85577{number:07}", "hello", written_to="1294"),
    )
    claim = inbox.claim_next(database)
    assert claim is not None
    take_turn(database, claim, NoBrain(), settings)
    assert sender.send_next(database, channels)


def grow_to(database: Database, template: int, size: int) -> None:
    """Copies one real contact, conversation and its messages until there are `size` messages.

    The copies hold real ciphertexts. The newest conversations wait for a person, all others are closed.
    """
    with database.engine.begin() as connection:
        have = connection.execute(text("SELECT count(*) FROM message")).scalar_one()
        people = (size - have) // _A_CONVERSATION
        first = connection.execute(text("SELECT max(id) + 1 FROM contact")).scalar_one()
        first = max(first, 1_000_000)
        of_template = connection.execute(
            text("SELECT contact_id FROM conversation WHERE id = :id"), {"id": template}
        ).scalar_one()
        series = f"generate_series({first}, {first + people - 1}) AS g"
        _copy(
            connection,
            Contact,
            series,
            f"t.id = {of_template}",
            id="g",
            address_hash="lpad(g::text, 64, 'f')",
            alias="'alias ' || g",
        )
        _copy(
            connection,
            Conversation,
            series,
            f"t.id = {template}",
            id="g",
            contact_id="g",
            state="'closed'",
            waiting_since=f"now() - (({first + people} - g) * interval '1 second')",
        )
        _copy(
            connection,
            Message,
            f"{series} CROSS JOIN generate_series(0, {_A_CONVERSATION // 2 - 1}) AS n",
            f"t.conversation_id = {template}",
            id=f"g * {_A_CONVERSATION} + n * 2 + (t.direction = 'out')::int",
            contact_id="g",
            conversation_id="g",
            provider_id="t.direction || g || '-' || n",
            reply_to_id="NULL",
        )
        connection.execute(text("UPDATE conversation SET state = 'closed' WHERE state = 'waiting'"))
        newest = f"SELECT id FROM conversation ORDER BY id DESC LIMIT {_WAITING}"
        connection.execute(text(f"UPDATE conversation SET state = 'waiting' WHERE id IN ({newest})"))
        for table in ("contact", "conversation", "message"):
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


def _copy(connection: Connection, model: type[Base], series: str, where: str, **changed: str) -> None:
    table, columns = model.__tablename__, [column.name for column in inspect(model).columns]
    values = ", ".join(changed.get(name, f"t.{name}") for name in columns)
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(
        text(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} t, {series} "
            f"WHERE {where}"
        )
    )


def _plans(database: Database) -> dict[str, str]:
    """How PostgreSQL goes about the queries that every worker asks many times a second."""
    queries = {
        "oldest message to handle": inbox._oldest_due(now()),
        "next message to send": sender._next_due(now()),
    }
    plans = {}
    server = database.engine
    with server.connect() as connection:
        for name, query in queries.items():
            sql = query.compile(dialect=server.dialect, compile_kwargs={"literal_binds": True})
            rows = connection.execute(text("EXPLAIN " + str(sql).replace(":", "\\:")))
            plans[name] = "\n".join(row[0] for row in rows)
    return plans
