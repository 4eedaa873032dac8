"""The brain over HTTP: one call a turn, with a deadline, over a list of equal addresses.

The brain keeps nothing, so any failed call can simply be made again, at another address.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from bot.settings import Settings

Events = list[dict[str, Any]]


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


class RasaBrain:
    """The Rasa processes at RASA_URL."""

    def __init__(self, settings: Settings) -> None:
        self._urls = settings.rasa_urls
        self._token = settings.rasa_token
        self._timeout = settings.brain_timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine is not for this private call

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        problem = "no address"
        for url in self._urls:
            try:
                return self._ask(url, events, text, picked)
            except requests.RequestException as error:
                problem = type(error).__name__
            except (ValueError, KeyError, TypeError, AttributeError):
                problem = "unusable answer"
        raise BrainUnavailable(problem)

    def is_ready(self) -> bool:
        """Whether any address has its model loaded."""
        for url in self._urls:
            try:
                if self._session.get(f"{url}/webhooks/turn/", timeout=self._timeout).status_code == 200:
                    return True
            except requests.RequestException:
                continue
        return False

    def _ask(self, url: str, events: Events, text: str, picked: bool) -> BrainTurn:
        body = {"conversation": "turn", "events": events, "text": text, "metadata": {"picked": picked}}
        answer = self._session.post(
            f"{url}/webhooks/turn/",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            timeout=self._timeout,
        )
        answer.raise_for_status()
        return read_turn(answer.json())


def read_turn(answer: Any) -> BrainTurn:
    """The brain's JSON as a BrainTurn. Raises ValueError, KeyError or TypeError where it isn't one."""
    parse = answer["parse"]
    ranking = {str(name): float(p) for name, p in parse["ranking"].items()}
    confidence = float(parse["confidence"])
    if not all(0 <= p <= 1 and math.isfinite(p) for p in (confidence, *ranking.values())):
        raise ValueError("not probabilities")
    acts = [dict(act) for act in answer["acts"]]
    if not acts or not all("do" in act for act in acts):
        raise ValueError("no acts")
    entities = {str(name): [str(v) for v in values] for name, values in parse["entities"].items()}
    understanding = Understanding(str(parse["intent"]), confidence, ranking, entities)
    return BrainTurn(acts, [dict(event) for event in answer["events"]], understanding)
