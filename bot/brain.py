"""The brain over HTTP: one call a turn, with a deadline, over a list of equal addresses.

The brain keeps nothing, so any failed call can simply be made again, at another address.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests
from urllib3.exceptions import HTTPError

from bot import intents
from bot.circuit import Circuit
from bot.settings import Settings

Events = list[dict[str, Any]]

_HEALTH_SECONDS = 1.0
_LARGEST_ANSWER = 256 * 1024
# What reading a wrong answer can raise: no JSON, another shape, numbers out of range, endless nesting.
_UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)


class BrainUnavailable(Exception):
    """No address gave a usable answer in time. Its text never holds a message's words."""


@dataclass(frozen=True)
class Understanding:
    """What a text was taken for: probabilities of intents, and entities by name."""

    intent: str
    confidence: float
    ranking: dict[str, float]
    entities: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class BrainTurn:
    """The brain's answer: acts for the body, the new state, and what was understood."""

    acts: list[dict[str, Any]]
    events: Events
    understanding: Understanding


class Brain(Protocol):
    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        """Takes one turn from the state `events`. Raises BrainUnavailable."""


class NoBrain:
    """Never answers: danger is found by the patterns alone, all else goes to a person."""

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        raise BrainUnavailable("left out")


class RasaBrain:
    """The Rasa processes at RASA_URL: equal replicas that take turns, each behind a circuit breaker.

    What one can't answer the next is asked; one that fails again and again is left alone until its
    health check succeeds, so that a dead or hanging replica costs nobody's time.
    """

    def __init__(self, settings: Settings) -> None:
        self._circuits = {url: Circuit() for url in settings.rasa_urls}
        self._calls = itertools.count()
        self._token = settings.rasa_token
        self._timeout = settings.brain_timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine is not for this private call

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self._circuits)

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        problem = "no address is up"
        for url in self._usable():
            circuit = self._circuits[url]
            try:
                turn = read_turn(self._ask(url, events, text, picked))
            except (requests.ConnectionError, requests.Timeout) as error:
                problem = type(error).__name__
                circuit.failed()
            except (requests.RequestException, *_UNUSABLE):
                # It answers, so it costs no time; a text that it can't take must not shut it for others.
                problem = "unusable answer"
            else:
                circuit.succeeded()
                return turn
        raise BrainUnavailable(problem)

    def is_ready(self) -> bool:
        """Whether any address has its model loaded."""
        return any(self._is_up(url) for url in self._circuits)

    def ready_addresses(self) -> tuple[int, int]:
        """How many addresses have their model loaded, of how many."""
        return sum(self._is_up(url) for url in self._circuits), len(self._circuits)

    def _usable(self) -> Iterator[str]:
        """The addresses to ask, a different one first at each call; at the end those that rested long
        enough and are up again."""
        urls = list(self._circuits)
        first = next(self._calls) % len(urls) if urls else 0
        urls = urls[first:] + urls[:first]
        resting = [url for url in urls if not self._circuits[url].is_closed]
        yield from (url for url in urls if url not in resting)
        for url in resting:
            if self._circuits[url].may_try() and self._is_up(url):
                yield url

    def _is_up(self, url: str) -> bool:
        try:
            health = self._session.get(f"{url}/webhooks/turn/", timeout=_HEALTH_SECONDS)
        except requests.RequestException:
            return False
        return health.status_code == 200

    def _ask(self, url: str, events: Events, text: str, picked: bool) -> Any:
        body = {"conversation": "turn", "events": events, "text": text, "metadata": {"picked": picked}}
        with self._session.post(
            f"{url}/webhooks/turn/",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            timeout=self._timeout,
            allow_redirects=False,  # the token and the text go to our own addresses alone
            stream=True,
        ) as answer:
            answer.raise_for_status()
            return json.loads(_within(answer, self._timeout))


def _within(answer: requests.Response, seconds: float) -> bytes:
    """The body of `answer`, which must be small and complete in time, however it trickles."""
    deadline = time.monotonic() + seconds
    body = bytearray()
    try:
        while piece := answer.raw.read1(_LARGEST_ANSWER, decode_content=True):
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise ValueError("too large")
            if time.monotonic() > deadline:
                raise requests.Timeout
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError from error
    return bytes(body)


def read_turn(answer: Any) -> BrainTurn:
    """The brain's JSON as a BrainTurn. Raises one of _UNUSABLE where it isn't one."""
    parse = answer["parse"]
    ranking = {str(name): float(p) for name, p in parse["ranking"].items()}
    confidence = float(parse["confidence"])
    if not all(0 <= p <= 1 and math.isfinite(p) for p in (confidence, *ranking.values())):
        raise ValueError("not probabilities")
    acts = [dict(act) for act in answer["acts"]]
    if not acts or not all("do" in act for act in acts):
        raise ValueError("no acts")
    intent = str(parse["intent"])
    if intent not in intents.ALL:
        raise ValueError("no intent of ours")
    entities = {str(name): [str(v) for v in values] for name, values in parse["entities"].items()}
    understanding = Understanding(intent, confidence, ranking, entities)
    return BrainTurn(acts, [dict(event) for event in answer["events"]], understanding)
