"""Faults at random moments, one after the other, until told to stop; counts what it did."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.chaos.fleet import Fleet
from tests.chaos.servers import PostgreSQL, Redis
from tests.chaos.sick_brain import SickBrain
from tests.stand_ins import Providers, Trouble

Thing = Callable[[random.Random], str]
ILLNESSES = ("an empty list", "cut JSON", "a web page", "fails", "hangs up", "hangs", "is slow")
TROUBLES = (
    Trouble(status=500),
    Trouble(status=503),
    Trouble(status=429, headers={"Retry-After": "1"}, body={"parameters": {"retry_after": 1}}),
    Trouble(accept_then_drop=True),
    Trouble(delay=2.0, status=503),
    Trouble(delay=12.0, accept_then_drop=True),
)


class Monkey:
    """Does the things it is given, in random order, `every` so many seconds."""

    def __init__(self, things: list[Thing], every: float, seed: int = 3) -> None:
        self._things = things
        self._every = every
        self._chance = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.done: Counter[str] = Counter()

    def __enter__(self) -> Monkey:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.done[self._chance.choice(self._things)(self._chance)] += 1
            self._stop.wait(self._chance.uniform(0.5, 1.5) * self._every)


def killing(fleet: Fleet, *kinds: str) -> Thing:
    """kill -9 of a process of one of these kinds."""

    def kill(chance: random.Random) -> str:
        name = chance.choice([name for name in fleet.names if name.startswith(kinds)])
        fleet.kill_and_restart(name)
        return f"kill -9 of {name.rstrip('0123456789')}"

    return kill


def freezing(fleet: Fleet) -> Thing:
    def freeze(chance: random.Random) -> str:
        fleet.freeze(chance.choice([n for n in fleet.names if n.startswith("worker")]), chance.uniform(1, 3))
        return "worker stopped for 1 to 3 s"

    return freeze


def filling_the_disk(fleet: Fleet) -> Thing:
    def fill(chance: random.Random) -> str:
        fleet.fill_disk(chance.uniform(1, 3))
        return "disk full for 1 to 3 s"

    return fill


def troubling(providers: Providers) -> Thing:
    def trouble(chance: random.Random) -> str:
        with providers.lock:
            providers.troubles.extend(chance.choices(TROUBLES, k=3))
        return "provider: 3 calls fail, wait, or lose their answer"

    return trouble


def sickening(doors: list[SickBrain]) -> Thing:
    def sicken(chance: random.Random) -> str:
        ill = chance.sample(doors, chance.randint(1, len(doors)))
        illness = chance.choice(ILLNESSES)
        for door in ill:
            door.illness = illness
        time.sleep(chance.uniform(1, 3))
        for door in ill:
            door.illness = None
        return f"a brain {illness}" if " " not in illness[:2] else f"a brain answers {illness}"

    return sicken


def killing_server(name: str, server: PostgreSQL | Redis) -> Thing:
    def kill(chance: random.Random) -> str:
        server.kill()
        time.sleep(chance.uniform(0.5, 3))
        server.start()
        return f"kill -9 of {name}, back after 0.5 to 3 s"

    return kill


def locking(sqlite_file: str) -> Thing:
    def lock(chance: random.Random) -> str:
        connection = sqlite3.connect(sqlite_file, timeout=30, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(chance.uniform(1, 4))
        connection.execute("ROLLBACK")
        connection.close()
        return "SQLite locked for 1 to 4 s"

    return lock
