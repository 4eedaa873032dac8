"""The training data: enough of every intent in every form, natural script, nothing of the development set."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from bot.intents import ALL, SENSITIVE
from nlu import corpus

TRAINING = corpus.training()
LEAST_SENSITIVE, LEAST_EVERYDAY, LEAST_OUT_OF_SCOPE, LEAST = 300, 150, 1_500, 15_000
KHMER = re.compile("[\u1780-\u17ff]")


def different(intent: str, form: str) -> int:
    return len({row.text for row in TRAINING if row.intent == intent and row.form == form})


def test_there_are_enough_messages_in_all() -> None:
    assert len(TRAINING) >= LEAST
    assert sum(different("out_of_scope", form) for form in corpus.FORMS) >= LEAST_OUT_OF_SCOPE


@pytest.mark.parametrize("form", corpus.FORMS)
@pytest.mark.parametrize("intent", ALL)
def test_every_intent_has_enough_different_messages_in_every_form(intent: str, form: str) -> None:
    assert different(intent, form) >= (LEAST_SENSITIVE if intent in SENSITIVE else LEAST_EVERYDAY)


@pytest.mark.parametrize("intent", SENSITIVE)
def test_a_third_of_the_dangers_is_not_named(intent: str) -> None:
    ways = Counter(row.way for row in TRAINING if row.intent == intent)
    assert ways["indirect"] >= ways.total() / 3


def test_harmless_messages_with_frightening_words_are_in_every_form() -> None:
    for form in corpus.FORMS:
        assert sum(row.way == "harmless" and row.form == form for row in TRAINING) >= 800


def test_harmless_files_hold_no_danger() -> None:
    assert not [row for row in TRAINING if row.way == "harmless" and row.intent in SENSITIVE]


@pytest.mark.parametrize("intent", ALL)
def test_khmer_is_in_khmer_script_and_the_other_forms_are_not(intent: str) -> None:
    rows = [row for row in TRAINING if row.intent == intent]
    latin = [bool(KHMER.search(row.text)) for row in rows if row.form != "km"]
    khmer = [bool(KHMER.search(row.text)) for row in rows if row.form == "km"]
    assert sum(latin) <= 0.02 * len(latin)
    assert sum(khmer) > 0.9 * len(khmer)


def test_the_forms_have_the_same_files() -> None:
    names = [{file.name for file in (corpus.FOLDER / "data" / form).glob("*.yml")} for form in corpus.FORMS]
    only_khmer = {"distress_indirect.yml"}
    assert names[0] - only_khmer == names[1] - only_khmer == names[2] - only_khmer


def test_nothing_of_the_development_set_is_trained_on() -> None:
    trained = {row.text for row in TRAINING}
    assert not [row.text for row in corpus.development() if row.text in trained]


def test_the_development_set_has_every_intent_in_every_form() -> None:
    known = {(row.intent, row.form) for row in corpus.development()}
    assert not [(intent, form) for intent in ALL for form in corpus.FORMS if (intent, form) not in known]
