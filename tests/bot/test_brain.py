"""The brain's client: replicas take turns, sick ones are left alone, nonsense is never acted on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.brain import BrainUnavailable, RasaBrain
from bot.circuit import FAILURES_TO_OPEN, REST_SECONDS, Circuit
from bot.commands.brain_process import free_port
from bot.settings import Settings, load_settings
from tests.chaos.sick_brain import GARBAGE, SickBrain
from tests.conftest import BRAIN_TOKEN


@pytest.fixture
def replicas(brain: RasaBrain) -> Iterator[tuple[SickBrain, SickBrain]]:
    """Two doors to the real brain, each of which can fall ill on its own."""
    with SickBrain(brain.addresses[0]) as first, SickBrain(brain.addresses[0]) as second:
        yield first, second


@pytest.fixture
def brain_settings(environment: dict[str, str]) -> Settings:
    return replace(load_settings({**environment, "RASA_TOKEN": BRAIN_TOKEN}), brain_timeout=1.0)


def client(settings: Settings, *urls: str) -> RasaBrain:
    return RasaBrain(replace(settings, rasa_urls=urls))


pytestmark = pytest.mark.brain


def test_replicas_take_turns(brain_settings: Settings, replicas: tuple[SickBrain, SickBrain]) -> None:
    both = client(brain_settings, *(replica.url for replica in replicas))
    for _ in range(4):
        assert both.turn([], "hello").understanding.intent == "greet"
    assert [replica.turns for replica in replicas] == [2, 2]


@pytest.mark.parametrize("illness", ["hangs up", "hangs", "fails", "an empty list", "trickles"])
def test_what_one_replica_cannot_answer_the_other_does(
    brain_settings: Settings, replicas: tuple[SickBrain, SickBrain], illness: str
) -> None:
    replicas[0].illness = illness
    both = client(brain_settings, *(replica.url for replica in replicas))
    for _ in range(3):
        assert both.turn([], "hello").understanding.intent == "greet"


def test_a_dead_address_is_passed_over(brain_settings: Settings, brain: RasaBrain) -> None:
    both = client(brain_settings, f"http://127.0.0.1:{free_port()}", *brain.addresses)
    for _ in range(3):
        assert both.turn([], "hello").understanding.intent == "greet"
    assert both.ready_addresses() == (1, 2)


def test_a_hanging_replica_costs_time_only_until_its_circuit_opens(
    brain_settings: Settings, replicas: tuple[SickBrain, SickBrain]
) -> None:
    replicas[0].illness = "hangs"
    both = client(brain_settings, *(replica.url for replica in replicas))
    for _ in range(8):
        both.turn([], "hello")
    assert replicas[0].turns == FAILURES_TO_OPEN


@pytest.mark.parametrize("illness", GARBAGE)
def test_nonsense_is_never_taken_for_a_turn(
    brain_settings: Settings, replicas: tuple[SickBrain, SickBrain], illness: str
) -> None:
    replicas[0].illness = illness
    one = client(brain_settings, replicas[0].url)
    for _ in range(FAILURES_TO_OPEN + 1):
        with pytest.raises(BrainUnavailable):
            one.turn([], "hello")
    # It still answers, so one text that it can't take doesn't shut it for everybody.
    replicas[0].illness = None
    assert one.turn([], "hello").understanding.intent == "greet"


def test_a_trickling_answer_has_a_deadline(
    brain_settings: Settings, replicas: tuple[SickBrain, SickBrain]
) -> None:
    replicas[0].illness = "trickles"
    began = time.monotonic()
    with pytest.raises(BrainUnavailable):
        client(brain_settings, replicas[0].url).turn([], "hello")
    assert time.monotonic() - began < 15  # the whole answer takes more than 20 seconds to come


def test_a_circuit_opens_rests_and_closes_again() -> None:
    clock = [100.0]
    circuit = Circuit(lambda: clock[0])
    circuit.failed()
    assert circuit.is_closed
    circuit.failed()
    assert not circuit.is_closed and not circuit.may_try()
    clock[0] += REST_SECONDS
    assert circuit.may_try() and not circuit.may_try()
    circuit.succeeded()
    assert circuit.is_closed
