"""The gate's judgement: patterns and the classifier, either of which alone can call a person.

Costs are asymmetric: a missed disclosure is far worse than an operator's wasted minute. The
thresholds were chosen on the development set (nlu/dev); `make eval` prints what they give.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.brain import Understanding
from bot.intents import HANDOFF, SENSITIVE, TOPICS
from bot.safety.patterns import Alarm

ESCALATE_FROM = 0.40  # summed probability of the sensitive intents
OFFER_FROM = 0.22  # from here a person is offered first, unless an everyday intent is clear
CLEAR_EVERYDAY = 0.55  # probability at which an everyday intent is clear
UNDERSTOOD_FROM = 0.38  # below this the person is asked which of several things was meant
CLEAR_MARGIN = 0.12  # and likewise where the second guess is this near
_MOST_OPTIONS = 3

IMMEDIATE = ("medical_emergency",)


class Verdict(StrEnum):
    ESCALATE = "escalate"
    OFFER = "offer"
    PASS = "pass"  # noqa: S105


@dataclass(frozen=True)
class Judgement:
    """What is to be done with a message, and why. `options` are intents, most likely first."""

    verdict: Verdict
    reason: str = ""
    priority: int | None = None
    options: tuple[str, ...] = ()
    person_first: bool = False
    evidence: dict[str, object] = field(default_factory=dict)


def judge_alarms(alarms: list[Alarm], denied: bool) -> Judgement:
    """The judgement by patterns alone: the only one there is when the brain can't be reached."""
    if not alarms or denied:
        return Judgement(Verdict.PASS)
    worst = alarms[0]
    return Judgement(
        Verdict.ESCALATE,
        reason=worst.kind,
        priority=worst.priority,
        evidence={"patterns": [alarm.pattern for alarm in alarms]},
    )


def judge(understanding: Understanding, *, denied: bool = False) -> Judgement:
    """The judgement by the classifier, for a message in which no pattern was found."""
    ranking = understanding.ranking
    danger = sum(ranking.get(intent, 0.0) for intent in SENSITIVE)
    evidence: dict[str, object] = {"danger": round(danger, 2)}
    if danger >= ESCALATE_FROM and not denied:
        kind = max(SENSITIVE, key=lambda intent: ranking.get(intent, 0.0))
        priority = 1 if kind in IMMEDIATE else 2
        return Judgement(Verdict.ESCALATE, kind, priority, evidence=evidence)
    everyday = sorted(((p, intent) for intent, p in ranking.items() if intent not in SENSITIVE), reverse=True)
    best, second = everyday[0][0], everyday[1][0] if len(everyday) > 1 else 0.0
    worried = danger >= OFFER_FROM and best < CLEAR_EVERYDAY
    unsure = best < UNDERSTOOD_FROM or best - second < CLEAR_MARGIN
    if everyday[0][1] in HANDOFF and understanding.intent in HANDOFF:
        unsure = worried = False  # a person seems to be wanted: to give one costs least
    if worried or unsure:
        options = tuple(intent for _, intent in everyday if intent in TOPICS)[:_MOST_OPTIONS]
        return Judgement(Verdict.OFFER, "unsure", None, options, worried, evidence)
    return Judgement(Verdict.PASS, evidence=evidence)
