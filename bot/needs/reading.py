"""An interview's answers in a person's own words, read as codes (bot/needs/codes.py).

All patterns work on normalised text in lower case: Khmer digits are Latin ones there. What isn't read
here may still be kept in the person's own words.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.brain import Understanding
from bot.needs.codes import NEEDS, kind_of, trades
from bot.needs.months import month_told, months_since, without_month_names
from nlu.khmer.numbers import find_numbers

Reading = dict[str, Any]  # entity -> its value, or several

_SURE = 0.5
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "មួយ": 1,
    "ពីរ": 2,
    "បី": 3,
    "បួន": 4,
    "ប្រាំ": 5,
    "muoy": 1,
    "pi": 2,
    "bei": 3,
    "bey": 3,
    "buon": 4,
    "boun": 4,
    "pram": 5,
}
_AGE_BANDS = ((18, "15-17"), (25, "18-24"), (35, "25-34"), (50, "35-49"), (120, "50+"))
CHILD_BELOW = 15
_SAID_BARELY = ("household", "returned")


def is_question(text: str) -> bool:
    """Whether `text` asks something, so that it interrupts rather than answers."""
    return bool(_pattern("question").search(text))


def read(question: str, text: str, understood: Understanding, today: date) -> Reading | None:
    """`text` as the answer to `question` (a slot of the interview), None where it isn't one that fits."""
    text = text.casefold()
    if is_question(text):
        return None
    if question == "needs":
        return _needs(text, understood)
    if question == "household":
        return _household(text)
    if question == "returned":
        return _returned(text, understood, today)
    if question == "skills":
        return _skills(text, understood)
    if question == "reach":
        return _reach(text)
    return _place(understood)


def is_bare(question: str, text: str) -> bool:
    """Whether `text` says nothing but who lives in the home, or when and from where somebody came back:
    "5 people, 2 kids" is no sign of danger where it was asked for."""
    if question not in _SAID_BARELY:
        return False
    rest = _pattern(question).sub(" ", text.casefold())
    rest = _written_number().sub(" ", rest)  # "មួយ" is in "ជាមួយ" too, which is gone by now
    if question == "returned":
        rest = without_month_names(rest)
    return not re.sub(r"[\s\d,.;:/+&-]+", "", rest)


def own_age(text: str) -> int | None:
    """The age that the writer tells of themselves, in years."""
    found = _pattern("my_age").search(text.casefold())
    return int(next(group for group in found.groups() if group)) if found else None


def about_self(text: str) -> dict[str, str]:
    """Sex and age band, where the writer tells them of themselves."""
    low = text.casefold()
    told = {}
    if _pattern("female").search(low):
        told["sex"] = "female"
    elif _pattern("male").search(low):
        told["sex"] = "male"
    age = own_age(text)
    if age is not None and CHILD_BELOW <= age < 120:
        told["age_band"] = next(band for below, band in _AGE_BANDS if age < below)
    return told


def kinds(text: str) -> list[str]:
    """The kinds of needs that `text` (normalised, lower case) names by one of their words."""
    return [kind for kind in NEEDS if _pattern(kind).search(text)]


def _needs(text: str, understood: Understanding) -> Reading | None:
    found = kinds(text)
    if not found and understood.confidence >= _SURE:
        kind = kind_of(understood.intent)
        found = [kind] if kind else []
    return {"need": found} if found else None


def _skills(text: str, understood: Understanding) -> Reading | None:
    beside = [
        name for name in trades() if f"trade_{name}" in _words() and _pattern(f"trade_{name}").search(text)
    ]
    found = list(dict.fromkeys([*understood.entities.get("trade", []), *beside]))
    return {"skill": found} if found else None


def _place(understood: Understanding) -> Reading | None:
    provinces, districts = (understood.entities.get(name, []) for name in ("province", "district"))
    if not provinces:
        return None
    return {"province": provinces[0], **({"district": districts[0]} if districts else {})}


def _household(text: str) -> Reading | None:
    text = _written_number().sub(lambda match: f" {_WORDS[match[0]]} ", text)
    text = re.sub(r"\s+", " ", text)
    no_children = bool(_pattern("no_children").search(text))
    children = not no_children and bool(_pattern("children").search(text))
    of_children = sum(int(next(n for n in m.groups() if n)) for m in _pattern("child_count").finditer(text))
    others = [
        int(n)
        for n in _NUMBER.findall(_pattern("child_count").sub(" ", _pattern("no_children").sub(" ", text)))
    ]
    if _pattern("alone").search(text) and not children:
        return {"household": "1"}
    if not others and not children and not _pattern("spouse").search(text):
        return None
    with_them = 1 + bool(_pattern("spouse").search(text)) + (of_children or int(children))
    size = max(*others, of_children) if others else with_them
    band = "1" if size == 1 and not children else "2-4" if size <= 4 else "5+"
    return {"household": band + ("c" if children else "" if no_children or band == "1" else "?")}


def _returned(text: str, understood: Understanding, today: date) -> Reading | None:
    country = next(iter(understood.entities.get("country", [])), None)
    month = month_told(text, today)
    if country is None and month is None:
        return None
    reading = {"returned": f"{months_since(month, today) if month else '?'}:{country or ''}"}
    if month and month.exact:
        reading["return_month"] = f"{month.year}-{month.month:02}"
    return reading


def _reach(text: str) -> Reading | None:
    woman = "_w" if _pattern("woman").search(text) else ""
    if _pattern("no_contact").search(text) and not woman:
        return {"reach": "never"}
    if _pattern("call").search(text) or any(found.kind == "phone" for found in find_numbers(text)):
        return {"reach": f"call{woman}"}
    return {"reach": f"text{woman}"} if woman or _pattern("text").search(text) else None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    by_form = _words()[name]
    whole = [p if p.startswith("[") else rf"\b(?:{p})\b" for f in ("en", "km_Latn") for p in by_form[f]]
    return re.compile("|".join([*whole, *by_form["km"]]))


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    words: dict[str, dict[str, list[str]]] = yaml.safe_load(
        Path(__file__).with_name("words.yml").read_text("utf-8")
    )
    return words


@cache
def _written_number() -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{word}\b" if word.isascii() else word for word in _WORDS))
