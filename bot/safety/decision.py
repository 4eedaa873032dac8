"""From two signals to one probability, and from that to what costs least.

`decision.json` holds what was fitted on messages of other writers than the training messages'
(nlu/learning/decision.py): how a pattern, the body's score and the brain's probability together, or
the first two alone, tell the probability of danger, by form; and how far the brain's everyday guesses
can be trusted. `costs.yml` states what each mistake costs. No threshold is set by hand.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent
_SMALLEST = 1e-4


@dataclass(frozen=True)
class Costs:
    """The costs of costs.yml; see there."""

    missed: float
    offered: float
    mentioned: float
    needless_escalation: float
    wrong_answer: float
    question: float
    useless_question: float
    needless_urgency: float
    after_a_sign: float
    false_alarms_alone: float


@dataclass(frozen=True)
class Expected:
    """What each act is expected to cost."""

    answer: float
    offer: float
    escalate: float


def danger_alone(pattern: bool, score: float, form: str, wary: bool) -> float:
    """The probability of danger by what the body sees itself: a pattern, and the score (logits)."""
    by_pattern, by_score, offset = _fitted()["alone"][form]
    return _probability(by_pattern * pattern + by_score * score + offset, wary)


def danger_with_brain(pattern: bool, score: float, brain: float, form: str, wary: bool) -> float:
    """The same with the brain's probability of the sensitive intents."""
    by_pattern, by_score, by_brain, offset = _fitted()["together"][form]
    return _probability(by_pattern * pattern + by_score * score + by_brain * _logit(brain) + offset, wary)


def is_urgent(danger: float) -> bool:
    """Whether the message goes before others in the queue, where it goes to people in any case."""
    return danger * costs().offered > (1 - danger) * costs().needless_urgency


def is_sure(danger: float) -> bool:
    """Whether a danger by the body's own signals is so likely that the brain need not be asked."""
    return danger >= float(_fitted()["sure"])


def everyday(ranking: dict[str, float]) -> dict[str, float]:
    """The brain's probabilities of everyday intents as they turned out to be right."""
    sharpness = _fitted()["sharpness"]
    powers = {intent: max(p, 1e-9) ** sharpness for intent, p in ranking.items()}
    total = sum(powers.values()) or 1.0
    return {intent: p / total for intent, p in powers.items()}


def expected(danger: float, first: float, among_options: float) -> Expected:
    """What the three acts cost where danger has probability `danger` and, if there is none, the first
    guess is right with `first` and one of the offered ones with `among_options`."""
    c = costs()
    everyday = 1 - danger
    asking = among_options * c.question + (1 - among_options) * c.useless_question
    return Expected(
        answer=danger * c.missed + everyday * (1 - first) * c.wrong_answer,
        offer=danger * c.offered + everyday * asking,
        escalate=everyday * c.needless_escalation,
    )


def is_worth_a_person(danger: float) -> bool:
    """Whether giving a person costs less than offering one, whatever the message is about."""
    c = costs()
    return danger * c.offered + (1 - danger) * c.question > (1 - danger) * c.needless_escalation


def is_mention_enough(danger: float) -> bool:
    """Whether words that may answer our own question should be taken as the answer, with a person
    mentioned, rather than be asked about."""
    c = costs()
    return danger * c.mentioned < danger * c.offered + (1 - danger) * c.useless_question


@cache
def costs() -> Costs:
    return Costs(**yaml.safe_load((_FOLDER / "costs.yml").read_text("utf-8")))


@cache
def _fitted() -> dict[str, Any]:
    fitted: dict[str, Any] = json.loads((_FOLDER / "decision.json").read_text("utf-8"))
    return fitted


def _probability(logit: float, wary: bool) -> float:
    return 1 / (1 + math.exp(-(logit + (math.log(costs().after_a_sign) if wary else 0.0))))


def _logit(probability: float) -> float:
    p = min(max(probability, _SMALLEST), 1 - _SMALLEST)
    return math.log(p / (1 - p))
