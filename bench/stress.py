"""More than a helpline gets on its worst day: `python -m bench stress`, on PostgreSQL with Redis.

* `steady`: 50 signed webhooks a second, one in ten posted twice, one in twenty late;
* `burst`: 500 messages within five seconds, five of each person;
* `forged`: 300 posts a second with a false signature beside 5 true ones.

Tests L1, L3 and L6 of docs/reliability.md, whose pass conditions are printed beside the figures.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.load import Due, post_when_due
from bench.percentiles import summary
from bot.database import Database, connect
from bot.models import Delivery, Direction, Message
from bot.settings import load_settings
from tests.chaos.fleet import Fleet
from tests.chaos.servers import PostgreSQL, Redis
from tests.processes.helpline import TOKEN
from tests.stand_ins import Providers

_BURST_PEOPLE, _BURST_EACH, _BURST_SECONDS = 100, 5, 5.0
_BACKLOG_SECONDS = 300.0
_FALSE = "f" * 32


def run(seconds: float = 60.0) -> dict[str, Any]:
    """All three, one after the other on fresh databases."""
    parts: dict[str, Callable[[Fleet, Database], dict[str, Any]]] = {
        "steady": lambda fleet, database: _steady(fleet, database, seconds),
        "burst": _burst,
        "forged": lambda fleet, database: _forged(fleet, database, seconds),
    }
    results = {}
    for name, part in parts.items():
        with _helpline() as (fleet, database):
            results[name] = part(fleet, database)
    return results


@contextmanager
def _helpline() -> Iterator[tuple[Fleet, Database]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        providers = stack.enter_context(Providers())
        postgresql = stack.enter_context(PostgreSQL(folder / "servers"))
        redis = stack.enter_context(Redis())
        fleet = Fleet(providers, folder, postgresql.url, redis.url, rasas=1)
        fleet.open(lambda: fleet.wait_until_ready(seconds=300))
        stack.callback(fleet.close)
        database = connect(load_settings(fleet.environment))
        stack.callback(database.engine.dispose)
        yield fleet, database


def _steady(fleet: Fleet, database: Database, seconds: float) -> dict[str, Any]:
    chance, rate = random.Random(7), 50.0
    posts = []
    for number in range(int(rate * seconds)):
        at = number / rate + (2.0 if chance.random() < 0.05 else 0.0)
        posts.append((at, f"+8559{number:07}", f"SM{number:08}"))
        if chance.random() < 0.1:
            posts.append((at + chance.random(), f"+8559{number:07}", f"SM{number:08}"))
    times, refused = _post(fleet, sorted(posts), TOKEN)
    return {
        "acknowledgement ms": summary(times),
        "refused": refused,
        "posts": len(posts),
        "different messages": int(rate * seconds),
        "rows": _rows(database),
        "passes where": "p99 <= 250 ms, max <= 5 s, none refused, rows = different messages",
    }


def _burst(fleet: Fleet, database: Database) -> dict[str, Any]:
    number = _BURST_PEOPLE * _BURST_EACH
    posts = [
        (n * _BURST_SECONDS / number, f"+8559{n % _BURST_PEOPLE:07}", f"SM{n:08}") for n in range(number)
    ]
    began = time.monotonic()
    times, refused = _post(fleet, posts, TOKEN)
    deadline = began + _BACKLOG_SECONDS
    while _unfinished(database) and time.monotonic() < deadline:
        time.sleep(0.2)
    sids = [message["callback"] for message in fleet.providers.sms]
    return {
        "messages": number,
        "acknowledgement ms": summary(times),
        "refused": refused,
        "unfinished": _unfinished(database),
        "seconds until all was done": round(time.monotonic() - began, 1),
        "sent twice": len(sids) - len(set(sids)),
        "passes where": "nothing refused, unfinished or sent twice; done within 120 s",
    }


def _forged(fleet: Fleet, database: Database, seconds: float) -> dict[str, Any]:
    true = [(n / 5, f"+8559{n:07}", f"SM{n:08}") for n in range(int(5 * seconds))]
    false = [(n / 300, "+85590000000", f"SM9{n:08}") for n in range(int(300 * seconds))]
    outcome: list[tuple[list[float], int]] = []
    flood = threading.Thread(target=lambda: outcome.append(_post(fleet, false, _FALSE)))
    flood.start()
    times, refused = _post(fleet, true, TOKEN)
    flood.join()
    accepted, turned_away = outcome[0]
    return {
        "acknowledgement ms": summary(times),
        "true ones refused": refused,
        "forged": len(false),
        "forged accepted": len(accepted),
        "forged turned away": turned_away,
        "rows beyond the true ones": _rows(database) - len(true),
        "passes where": "true ones: p99 <= 1 s, none refused; forged: none accepted, no row",
    }


def _post(fleet: Fleet, posts: Iterable[tuple[float, str, str]], token: str) -> tuple[list[float], int]:
    """Posts each (time, person, id) signed with `token`; seconds until the 200s, and the refusals."""
    messages = [Due(at, "where can i learn to sew", person, identity) for at, person, identity in posts]
    _, times, refused = post_when_due(
        lambda text, person, identity: fleet.sms(text, person, identity, token=token), messages
    )
    return times, refused


def _rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Message.direction == Direction.IN)) or 0


def _unfinished(database: Database) -> int:
    states = (Delivery.RECEIVED, Delivery.QUEUED, Delivery.SENDING)
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Message.state.in_(states))) or 0
