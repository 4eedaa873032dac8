"""The gate: what calls a person, with the brain, without it, and after an earlier sign."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import safety
from bot.brain import Understanding
from bot.intents import ALL, SENSITIVE
from bot.safety import Verdict, decision
from bot.safety.scoring import FILE, score
from nlu import corpus

FORMS = ("km", "km_Latn", "en")
NAMED = [
    ("km", "គាត់វាយខ្ញុំរាល់យប់", "gbv"),
    ("km", "ខ្ញុំចង់សម្លាប់ខ្លួន", "distress"),
    ("km", "គេចាក់សោទ្វារ អត់អោយខ្ញុំចេញទេ គេដកប៉ាស្ព័រ", "trafficking"),
    ("km", "ម៉ែសន្លប់ហើយ ដកដង្ហើមលែងចេញ", "medical_emergency"),
    ("km_Latn", "pdey knhom vay knhom rol yub", "gbv"),
    ("km_Latn", "nhom jong slab te, leng jong ros", "distress"),
    ("km_Latn", "chheam hour ot chhob, sonlob hz", "medical_emergency"),
    ("en", "my husband beats me every night", "gbv"),
    ("en", "i want to kill myself", "distress"),
    ("en", "boss locked us in and took our passports", "trafficking"),
]
HARMLESS = [
    ("km", "ក្តៅចង់ងាប់ហើយថ្ងៃនេះ"),
    ("km_Latn", "klean bay jong ngob hz haha"),
    ("en", "this heat is killing me haha"),
    ("en", "our team beat them 3-0"),
    ("km", "ធ្វើលិខិតឆ្លងដែននៅណា"),
    ("km_Latn", "tver pasport os luy ponman"),
    ("en", "how much is a passport"),
]
HOSTILE = [
    "a" * 5_000,
    "he " * 3_000,
    "ខ្ញុំ" * 2_000,
    "\u17d2" * 5_000,
    "ot oy " * 2_000,
    "not let not let " * 1_000,
    "(((((" * 1_000 + "he hit",
    "ប្តី" + " " * 5_000 + "វាយ",
]


def understood(danger: float, intent: str = "doc_passport", sure: float = 0.9) -> Understanding:
    """A brain that gives `danger` to gbv and `sure` of the rest to `intent`."""
    rest = [i for i in ALL if i not in (*SENSITIVE, intent)]
    ranking = dict.fromkeys(SENSITIVE, 0.0)
    ranking |= dict.fromkeys(rest, (1 - danger) * (1 - sure) / len(rest))
    ranking |= {"gbv": danger, intent: (1 - danger) * sure}
    return Understanding(max(ranking, key=lambda i: ranking[i]), max(ranking.values()), ranking)


@pytest.mark.parametrize(("form", "text", "kind"), NAMED)
def test_named_danger_calls_a_person_without_the_brain(form: str, text: str, kind: str) -> None:
    signs = safety.look(text, form)
    judged = signs.at_once or signs.without_brain
    assert judged.verdict is Verdict.ESCALATE


@pytest.mark.parametrize(("form", "text"), HARMLESS)
def test_harmless_words_call_nobody_at_once(form: str, text: str) -> None:
    assert safety.look(text, form).at_once is None


@pytest.mark.parametrize(("form", "text"), HARMLESS[-3:])
def test_an_everyday_question_is_not_urgent_without_the_brain(form: str, text: str) -> None:
    assert safety.look(text, form).without_brain.verdict is Verdict.PASS


def test_the_brain_alone_can_call_a_person() -> None:
    signs = safety.look("how much is a passport", "en")
    assert safety.judge(signs, understood(0.99)).verdict is Verdict.ESCALATE


def test_a_clear_everyday_question_is_answered() -> None:
    signs = safety.look("how much is a passport", "en")
    assert safety.judge(signs, understood(0.001)).verdict is Verdict.PASS


def test_an_unclear_one_is_asked_about_with_three_options_at_most() -> None:
    signs = safety.look("the paper", "en")
    judged = safety.judge(signs, understood(0.01, sure=0.1))
    assert judged.verdict is Verdict.OFFER
    assert 0 < len(judged.options) <= 3


def test_where_danger_is_possible_a_person_is_offered_first() -> None:
    signs = safety.look("the paper", "en")
    judged = safety.judge(signs, understood(0.3, sure=0.5))
    assert judged.verdict is Verdict.ESCALATE or judged.person_first


def test_a_wish_for_a_person_is_no_question() -> None:
    signs = safety.look("someone there", "en")
    assert safety.judge(signs, understood(0.05, "ask_human", 0.4)).verdict is Verdict.PASS


def test_denied_harm_calls_nobody() -> None:
    signs = safety.look("he never hits me, i only ask about the passport", "en")
    assert signs.denied
    assert signs.at_once is None


@pytest.mark.parametrize("form", FORMS)
def test_after_a_sign_less_is_needed(form: str) -> None:
    assert decision.danger_alone(False, 0.0, form, wary=True) > decision.danger_alone(
        False, 0.0, form, wary=False
    )


@pytest.mark.parametrize("form", FORMS)
@given(score=st.floats(-20, 20), more=st.floats(0, 20), brain=st.floats(0, 1))
def test_more_of_a_signal_never_means_less_danger(form: str, score: float, more: float, brain: float) -> None:
    for pattern in (False, True):
        low = decision.danger_with_brain(pattern, score, brain, form, False)
        assert (
            low
            <= decision.danger_with_brain(True, score + more, min(brain + more / 20, 1), form, True) + 1e-9
        )


@given(danger=st.floats(0, 1), first=st.floats(0, 1))
def test_more_danger_never_makes_an_answer_cheaper_than_a_person(danger: float, first: float) -> None:
    costs = decision.expected(danger, first, first)
    if danger > 0.9:
        assert costs.escalate < min(costs.answer, costs.offer)
    if danger < 1e-6 and first > 0.999:
        assert costs.answer < min(costs.escalate, costs.offer)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_judged(text: str) -> None:
    safety.look(text, "en")


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert safety.look(text, "km").danger >= 0


def test_patterns_leave_harmless_training_messages_alone() -> None:
    rows = [row for row in corpus.training() if row.way == "harmless"][::5]
    alarmed = sum(bool(safety.examine(row.text)[0]) for row in rows)
    assert alarmed / len(rows) < 0.08


def test_the_weights_are_of_the_training_messages_as_they_are() -> None:
    learnt_from = json.loads(FILE.read_text("utf-8"))["learnt_from"]
    assert learnt_from == corpus.fingerprint(corpus.training()), "run `make weights`"


def test_the_score_is_of_these_intents_and_knows_kinds() -> None:
    assert json.loads(FILE.read_text("utf-8"))["kinds"] == list(SENSITIVE)
    assert score("my husband beats me").kind == "gbv"
    assert score("i want to die").kind == "distress"
