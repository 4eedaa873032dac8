"""The gate's judgement: patterns, the body's score and the brain, each of which can call a person.

A pattern calls one at once, unless the words around it speak plainly for a harmless message; then it
counts as a sign, and the brain is heard as well.

Costs are asymmetric: a missed disclosure is far worse than an operator's wasted minute. What is done
is what is expected to cost least (decision.py); `make eval` prints what that gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.brain import Understanding
from bot.intents import HANDOFF, OFFERABLE, SENSITIVE
from bot.safety import decision
from bot.safety.patterns import examine
from bot.safety.scoring import Score, score

_MOST_OPTIONS = 3

IMMEDIATE = ("medical_emergency",)


class Verdict(StrEnum):
    ESCALATE = "escalate"
    OFFER = "offer"
    PASS = "pass"  # noqa: S105


@dataclass(frozen=True)
class Judgement:
    """What is to be done with a message, and why. `options` are intents, most likely first.

    `mention_enough`: words that may answer our own question are to be taken as the answer."""

    verdict: Verdict
    reason: str = ""
    priority: int | None = None
    options: tuple[str, ...] = ()
    person_first: bool = False
    evidence: dict[str, object] = field(default_factory=dict)
    mention_enough: bool = False


@dataclass(frozen=True)
class Signs:
    """What the body alone sees in a message, before the brain is asked.

    `alarmed`: a pattern matched. `denied`: it says unprompted that nothing happened. `wary`: the
    conversation had a sign of danger before, so that less is needed now.
    """

    alarmed: bool
    score: Score
    form: str
    denied: bool
    wary: bool
    danger: float
    at_once: Judgement | None

    @property
    def without_brain(self) -> Judgement:
        """The judgement where the brain can't be reached."""
        if not self.denied and decision.is_urgent(self.danger):
            return _danger(self.score.kind, self.danger)
        return Judgement(Verdict.PASS, evidence={"danger": round(self.danger, 2)})


def look(text: str, form: str, wary: bool = False) -> Signs:
    """What the body sees in `text`; `at_once` is a judgement that needs no brain, if there is one."""
    alarms, denied = examine(text)
    of_words = score(text)
    danger = decision.danger_alone(bool(alarms), of_words.danger, form, wary)
    at_once = None
    if alarms and not denied and decision.is_worth_a_person(danger):
        worst = alarms[0]
        evidence: dict[str, object] = {"patterns": [alarm.pattern for alarm in alarms]}
        at_once = Judgement(Verdict.ESCALATE, worst.kind, worst.priority, evidence=evidence)
    elif decision.is_sure(danger) and not denied:
        at_once = _danger(of_words.kind, danger)
    return Signs(bool(alarms), of_words, form, denied, wary, danger, at_once)


def judge(signs: Signs, understanding: Understanding) -> Judgement:
    """The judgement with the brain, for a message that nothing called a person for at once."""
    ranking = understanding.ranking
    by_brain = sum(ranking.get(intent, 0.0) for intent in SENSITIVE)
    danger = decision.danger_with_brain(signs.alarmed, signs.score.danger, by_brain, signs.form, signs.wary)
    if signs.denied:
        danger = 0.0
    elif decision.is_worth_a_person(danger):
        return _danger(max(SENSITIVE, key=lambda intent: ranking.get(intent, 0.0)), danger)
    guesses = decision.everyday({i: p for i, p in ranking.items() if i not in SENSITIVE})
    order = sorted(guesses, key=lambda intent: -guesses[intent])
    evidence: dict[str, object] = {"danger": round(danger, 2)}
    if order[0] in HANDOFF:
        return Judgement(Verdict.PASS, evidence=evidence)  # a person is wanted, and is given
    options = tuple(intent for intent in order if intent in OFFERABLE)[:_MOST_OPTIONS]
    costs = decision.expected(danger, guesses[order[0]], sum(guesses[intent] for intent in options))
    if costs.escalate < min(costs.answer, costs.offer):
        return _danger(max(SENSITIVE, key=lambda intent: ranking.get(intent, 0.0)), danger)
    if costs.offer < costs.answer:
        person_first = danger * decision.costs().missed > decision.costs().wrong_answer
        enough = decision.is_mention_enough(danger)
        return Judgement(Verdict.OFFER, "unsure", None, options, person_first, evidence, enough)
    return Judgement(Verdict.PASS, evidence=evidence)


def _danger(kind: str, danger: float) -> Judgement:
    priority = 1 if kind in IMMEDIATE else 2
    return Judgement(Verdict.ESCALATE, kind, priority, evidence={"danger": round(danger, 2)})
