"""The training data: every intent in every form, natural script, nothing of the development set."""

from __future__ import annotations

import json
import re

import pytest

from bot.intents import ALL
from bot.settings import ROOT

FORMS = ("km", "km_Latn", "en")
LEAST = 40
KHMER = re.compile("[\u1780-\u17ff]")


def examples(form: str, intent: str) -> list[str]:
    lines = (ROOT / "nlu" / "data" / form / f"{intent}.yml").read_text("utf-8").splitlines()
    return [line.removeprefix("    - ") for line in lines if line.startswith("    - ")]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("intent", ALL)
def test_every_intent_has_enough_different_messages_in_every_form(intent: str, form: str) -> None:
    assert len(set(examples(form, intent))) >= LEAST


@pytest.mark.parametrize("intent", ALL)
def test_khmer_is_in_khmer_script_and_the_other_forms_are_not(intent: str) -> None:
    assert all(not KHMER.search(text) for form in ("km_Latn", "en") for text in examples(form, intent))
    khmer = examples("km", intent)
    assert sum(bool(KHMER.search(text)) for text in khmer) > 0.9 * len(khmer)


def test_nothing_of_the_development_set_is_trained_on() -> None:
    trained = {text for form in FORMS for intent in ALL for text in examples(form, intent)}
    for file in (ROOT / "nlu" / "dev").glob("*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            assert json.loads(line)["text"] not in trained
