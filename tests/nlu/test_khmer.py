"""Khmer in its many spellings becomes one; romanised spellings meet; the form of a text is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from nlu.khmer import concepts, normalise, segment, skeleton
from nlu.khmer.features import views
from nlu.khmer.form import detect, script


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u1781\u17c2\u17d2\u1798\u179a", "\u1781\u17d2\u1798\u17c2\u179a"),  # vowel before coeng
        ("\u1787\u17c1\u17b8\u1784", "\u1787\u17be\u1784"),  # a vowel typed in two halves
        ("\u1781\u17d2\u1789\u17c6\u17bb", "\u1781\u17d2\u1789\u17bb\u17c6"),  # nikahit first
        ("\u179f\u17bb\u17b8", "\u179f\u17ca\u17b8"),  # u for the register shifter
        (
            "\u1781\u17d2\u1789\u17bb\u17c6\u200b\u1785\u1784\u17cb",
            "\u1781\u17d2\u1789\u17bb\u17c6\u1785\u1784\u17cb",
        ),
        ("\u17e0\u17e9\u17e6", "096"),
        ("\u1791\u17c1\u17d4\u17d4\u17d4", "\u1791\u17c1\u17d4"),
        ("\u17b2\u17d2\u1799", "\u17b1\u17d2\u1799"),
        ("I can't e-mail: café 100%", "I can't e-mail: café 100%"),
    ],
)
def test_what_looks_alike_is_spelt_alike(typed: str, meant: str) -> None:
    assert normalise(typed) == meant


@pytest.mark.parametrize("text", ["កាីេ", "ខែ្មរ ស្រ្តី", "សុី ទេ។។។", "a\u200bb\ud800", "ឲ្យ អោយ"])
def test_normalising_again_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(max_size=200))
def test_any_text_can_be_normalised(text: str) -> None:
    normalise(text).encode()


@given(st.text(max_size=200))
def test_words_stand_where_they_say(text: str) -> None:
    text = normalise(text)
    assert all(text[word.start : word.end] == word.text for word in segment(text))


def test_signs_at_a_words_edge_are_no_part_of_it() -> None:
    assert [word.text for word in segment("tov hz, ot mean 14, luy 800$ te.")] == [
        *("tov", "hz", "ot", "mean", "14", "luy", "800$", "te"),
    ]


def test_every_khmer_sign_can_be_romanised_and_keyed() -> None:
    signs = [chr(code) for code in range(0x1780, 0x1800)]
    for text in [*signs, *(f"ក{sign}" for sign in signs), *(f"ក\u17d2{sign}ា{sign}" for sign in signs)]:
        skeleton(text)
        views(text)


@pytest.mark.parametrize("spellings", [("khnhom", "knhom", "nhom"), ("jong", "chong"), ("phteah", "pteas")])
def test_free_spellings_have_one_sound_key(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(word) for word in spellings}) == 1


def test_the_form_is_told_on_messages_that_it_was_not_built_from() -> None:
    rows = [
        json.loads(line)
        for file in (ROOT / "nlu" / "dev").glob("*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    right = sum(detect(row["text"])[0] == row["form"].replace("-", "_") for row in rows)
    assert right / len(rows) > 0.95


@pytest.mark.parametrize(
    ("text", "kind"),
    [("ខ្ញុំ hello", "khmer"), ("hello", "latin"), ("สวัสดี", "other"), ("你好", "other"), ("12 😀", None)],
)
def test_scripts_are_told_apart(text: str, kind: str | None) -> None:
    assert script(text) == kind


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("my stepfather kicks me at night", {"parent", "strike", "night"}),
        ("ប្តីវាយខ្ញុំ", {"partner", "strike"}),
        ("they locked us inside, took my passport", {"captivity", "papers_taken"}),
        ("prachan", set()),
    ],
)
def test_a_message_speaks_of_classes_of_words(text: str, classes: set[str]) -> None:
    assert classes <= views(text).c


def test_classes_are_the_same_in_every_form() -> None:
    told = [views(text).c for text in ("my husband hits me", "ប្តីខ្ញុំវាយខ្ញុំ", "pdey vay khnhom")]
    assert all({"partner", "strike"} <= classes for classes in told)


def test_every_class_has_words_in_english_and_khmer() -> None:
    folder = Path(concepts.__file__).with_name("concepts")
    for file in folder.glob("*.yml"):
        for name, forms in yaml.safe_load(file.read_text("utf-8")).items():
            assert forms["en"] and forms["km"], name
