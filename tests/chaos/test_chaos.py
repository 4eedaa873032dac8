"""Real processes, kills and faults at random while people write: every promise holds.

The short runs of `make test`; the long ones are tests/chaos/long.py (`make chaos`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.brain import RasaBrain
from bot.database import connect
from bot.settings import load_settings
from tests.chaos import monkey
from tests.chaos.fleet import Fleet
from tests.chaos.servers import PostgreSQL, Redis
from tests.chaos.sick_brain import SickBrain
from tests.chaos.traffic import Traffic
from tests.chaos.verdict import judge, wait_until_settled
from tests.conftest import BRAIN_TOKEN
from tests.stand_ins import Providers

pytestmark = [pytest.mark.processes, pytest.mark.brain]

PEOPLE, EACH = 12, 3
_SETTLE_SECONDS = 120.0


@pytest.fixture
def door(brain: RasaBrain) -> Iterator[SickBrain]:
    with SickBrain(brain.addresses[0]) as sick_brain:
        yield sick_brain


def test_on_one_machine_nothing_is_lost_doubled_or_left_alone(
    tmp_path: Path, providers: Providers, door: SickBrain
) -> None:
    fleet = Fleet(providers, tmp_path, inject=0.3)
    fleet.environment["RASA_TOKEN"] = BRAIN_TOKEN
    fleet.ask_brains_through([door.url])
    things = [
        monkey.killing(fleet, "web", "worker"),
        monkey.troubling(providers),
        monkey.sickening([door]),
        monkey.locking(f"{tmp_path}/phlov.db"),
        monkey.filling_the_disk(fleet),
    ]
    run(fleet, things)


def test_on_several_hosts_nothing_is_lost_doubled_or_left_alone(
    tmp_path: Path, providers: Providers, door: SickBrain
) -> None:
    with PostgreSQL(tmp_path / "servers") as postgresql, Redis() as redis:
        fleet = Fleet(providers, tmp_path, postgresql.url, redis.url, webs=2, workers=2, inject=0.2)
        fleet.environment["RASA_TOKEN"] = BRAIN_TOKEN
        fleet.ask_brains_through([door.url, door.url.replace("127.0.0.1", "localhost")])
        things = [
            monkey.killing(fleet, "web", "worker"),
            monkey.killing_server("PostgreSQL", postgresql),
            monkey.killing_server("Redis", redis),
            monkey.troubling(providers),
            monkey.sickening([door]),
        ]
        run(fleet, things)


def run(fleet: Fleet, things: list[monkey.Thing]) -> None:
    database = connect(load_settings(fleet.environment))
    fleet.open()
    try:
        traffic = Traffic(fleet, PEOPLE, EACH, pause=0.5)
        with monkey.Monkey(things, every=1.0):
            traffic.run()
        fleet.injecting = 0.0
        wait_until_settled(database, _SETTLE_SECONDS)
        verdict = judge(database, fleet.providers, traffic.acknowledged)
    finally:
        fleet.close()
        database.engine.dispose()
    assert len(traffic.acknowledged) == PEOPLE * EACH
    assert verdict.broken == {}
