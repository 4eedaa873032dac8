"""No number, link or handle is ever left in what is learnt from; names go where words announce them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.redact import PLACEHOLDERS, as_training, redact, what_is_left
from nlu import corpus

DIGITS = "0123456789០១២៣៤៥៦៧៨៩๐๑๒๓๔๕๖๗๘๙"
WORDS = st.sampled_from(["my boss owes me", "ខ្ញុំជំពាក់", "khnhom mean", "call", "[phone]", "ลูก", "", "kon"])
NUMBERS = st.text(DIGITS + " +-().,/៛$", min_size=1, max_size=20)


@given(st.lists(st.one_of(WORDS, NUMBERS, st.text(max_size=12)), max_size=8).map(" ".join))
def test_no_digit_and_no_link_is_left_of_anything(text: str) -> None:
    assert what_is_left(redact(text)) == []
    assert not re.search(r"\d", redact(text))


@given(st.lists(st.one_of(WORDS, NUMBERS), max_size=8).map(" ".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.text(DIGITS, min_size=7, max_size=12), st.sampled_from(["", " ", "-", "."]))
def test_a_phone_number_is_a_phone_number_however_it_is_grouped(digits: str, between: str) -> None:
    grouped = between.join(digits[i : i + 3] for i in range(0, len(digits), 3))
    assert redact(f"please call {grouped} today") == "please call [phone] today"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("i owe 3,000 dollars to the bank", "i owe [amount] to the bank"),
        ("kon khnhom ot mean chmoh knong sombot", "kon khnhom ot mean chmoh knong sombot"),
        ("ខ្ញុំជំពាក់គេ៥០០០ដុល្លារ", "ខ្ញុំជំពាក់គេ[amount]"),
        ("knhom chompeak 2 lean riel", "knhom chompeak [amount]"),
        ("$500 fee", "[amount] fee"),
        ("my passport is N1234567", "my passport is [number]"),
        ("ID 012 345 678", "ID [phone]"),
        ("i have 2 children and 15 days", "i have [number] children and [number] days"),
        ("write me at a.b@c.example", "write me at [link]"),
        ("see t.me/someone or @someone_x", "see [link] or [link]"),
        ("call zero one two three four five six", "call [phone]"),
        ("លេខខ្ញុំ សូន្យ មួយ ពីរ បី បួន ប្រាំ ប្រាំ", "លេខខ្ញុំ [phone]"),
    ],
)
def test_numbers_keep_their_kind_and_nothing_else(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hello my name is Chan Sokha i need a passport", "Sokha"),
        ("mr Dara took my papers", "Dara"),
        ("my boss Mister Kim Lee hits us", "Kim Lee"),
        ("khnhom chhmoh Bopha nov Poipet", "Bopha"),
        ("ខ្ញុំឈ្មោះសុខា នៅប៉ោយប៉ែត", "សុខា"),
        ("លោក វណ្ណា មិនឱ្យលុយខ្ញុំ", "វណ្ណា"),
        ("i live in Phum Svay Chrum", "Svay"),
        ("ខ្ញុំនៅភូមិព្រៃឈើ ខេត្តកំពត", "ព្រៃឈើ"),
    ],
)
def test_names_and_villages_that_words_announce_are_taken_out(text: str, name: str) -> None:
    assert name not in redact(text)
    assert re.search(r"\[(name|place)\]", redact(text))


def test_what_people_ask_stays_readable() -> None:
    """Most messages of the development set have neither name nor number and must stay as they are, but for
    spaces: what is taken away can't be learnt from."""
    rows = [row for row in corpus.development() if not re.search(r"\d", row.text)]
    changed = [row.text for row in rows if redact(row.text) != " ".join(row.text.split())]
    assert len(changed) <= 0.03 * len(rows), changed[:20]


MARKS = [f"[{name}]" for name in PLACEHOLDERS]


@given(st.lists(st.sampled_from([*MARKS, "word", "(x)", "{y}"])).map(" ".join))
def test_what_is_trained_on_has_no_marks_left(text: str) -> None:
    assert not re.search(r"[\[\](){}]", as_training(text))
