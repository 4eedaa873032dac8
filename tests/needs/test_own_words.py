"""An answer in a person's own words that might, a little, be danger: it isn't lost, and a person is named."""

from __future__ import annotations

from bot import safety
from bot.brain import BrainTurn, Events, Understanding
from bot.decide import decide
from bot.decision import Decision, Incoming, Outcome, Situation
from bot.models import Form
from bot.safety import decision as costs
from tests.needs.conftest import open_interview

WORDS = "I wove baskets by the river"
OPEN = open_interview("skills")


class Brain:
    """Understands no words, and takes them for danger with `danger` once body and brain are weighed."""

    def __init__(self, danger: float) -> None:
        score, low, high = safety.look(WORDS, "en").score.danger, 0.0, 1.0
        for _ in range(40):
            self._danger = (low + high) / 2
            too_low = costs.danger_with_brain(False, score, self._danger, "en", False) < danger
            low, high = (self._danger, high) if too_low else (low, self._danger)

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        rest = (1 - self._danger) / 2
        ranking = {"gbv": self._danger, "job_find": rest, "greet": rest}
        return BrainTurn([], events, Understanding("job_find", rest, ranking, {}))


def answered(danger: float) -> Decision:
    situation = Situation(form=Form.ENGLISH, events=OPEN, is_first=False, consent_given=True)
    return decide(Incoming(WORDS), situation, Brain(danger))


def says(decision: Decision) -> list[str]:
    return [str(act.get("say") or act["do"]) for act in decision.acts]


def test_words_without_danger_are_taken_down_and_nothing_is_added() -> None:
    decision = answered(0.01)
    assert {"do": "note", "question": "skills", "words": WORDS} in decision.acts
    assert "person_is_there" not in says(decision)


def test_words_with_a_little_danger_are_taken_down_and_a_person_is_named() -> None:
    decision = answered(0.09)
    assert {"do": "note", "question": "skills", "words": WORDS} in decision.acts
    assert "person_is_there" in says(decision)
    assert decision.is_sign_of_danger  # what comes next is read with it in mind


def test_words_that_are_likelier_danger_are_asked_about_with_a_person_first() -> None:
    decision = answered(0.3)
    assert "note" not in says(decision)
    assert decision.outcome is Outcome.OFFER
    assert decision.acts[0]["person_first"]
