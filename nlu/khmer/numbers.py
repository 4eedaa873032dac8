"""Amounts, ages, times and phone numbers in a message, in any of the three forms.

All work on normalised text (nlu/khmer/normalise.py), where Khmer digits are Latin ones already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_N = r"(?<![\w.,])(\d{1,3}(?:[ ,.]\d{3})+|\d+(?:[.,]\d+)?)"
_TIMES = {"លាន": 1_000_000, "lean": 1_000_000, "million": 1_000_000, "ម៉ឺន": 10_000, "mern": 10_000}
_TIMES |= {"meun": 10_000, "ពាន់": 1_000, "poan": 1_000, "thousand": 1_000, "k": 1_000, "សែន": 100_000}
_CURRENCY = {
    "៛": "KHR",
    "រៀល": "KHR",
    "riel": "KHR",
    "riels": "KHR",
    "rial": "KHR",
    "reil": "KHR",
    "rel": "KHR",
}
_CURRENCY |= {"បាត": "THB", "baht": "THB", "bat": "THB", "bath": "THB", "฿": "THB"}
_CURRENCY |= {
    "$": "USD",
    "ដុល្លារ": "USD",
    "ដុល្លា": "USD",
    "dollar": "USD",
    "dollars": "USD",
    "usd": "USD",
    "dolar": "USD",
}
_CURRENCY |= {"រិង្គីត": "MYR", "ringgit": "MYR", "វ៉ុន": "KRW", "won": "KRW"}


def _one_of(words: dict[str, object]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(w) + (r"(?![a-z])" if w.isalpha() and w.isascii() else "") for w in ordered)


_AMOUNT = re.compile(
    rf"(?P<sign>[$฿])?\s?{_N}\s?(?P<times>{_one_of(dict(_TIMES))})?\s?(?P<currency>{_one_of(dict(_CURRENCY))})?"
)
_YEARS = r"(?:years?|yrs?|y/?o|ឆ្នាំ|ch?h?na?m|jnam)"
_AGE = re.compile(
    rf"(?:អាយុ|a+yu|a?you|\baged?)\s?(?P<stated>\d{{1,2}})(?!\d)|(?<!\d)(?P<old>\d{{1,2}})\s?-?{_YEARS}[\s-]?old"
    r"|(?<!\d)(?P<short>\d{1,2})\s?(?:yo|y/o)\b"
)
_TIME = re.compile(
    r"(?:ម៉ោង|m[aou]+ng|\bat|\bafter|\bbefore|\buntil)\s?(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s?(?P<half>am|pm)?(?!\d)"
    r"|(?<![\d.])(?P<clock>\d{1,2})(?:[:.](?P<minutes>[0-5]\d))?\s?(?P<part>am|pm)\b|(?<![\d.])(?P<day>\d{1,2}):(?P<past>[0-5]\d)"
)
# Cambodian numbers: 0 or +855, then eight or nine digits, however they are grouped.
_PHONE = re.compile(r"(?<![\d+])(?:\+?855[\s.-]?|0)[1-9]\d?(?:[\s.-]?\d{2,4}){2,3}(?!\d)")
_EVENING = ("pm", "យប់", "ល្ងាច", "yub", "yob", "lngeach", "night", "evening")


@dataclass(frozen=True)
class Found:
    """What was found: `kind` is amount, age, time or phone; `value` is in one spelling: "5000 THB",
    "12" (years), "18:00", "+85512345678"."""

    kind: str
    value: str
    start: int
    end: int


def find_numbers(text: str) -> list[Found]:
    """Everything found in `text` (normalised, lower case) in its order; nothing overlaps."""
    found: list[Found] = []
    for search in (_phones, _ages, _times, _amounts):
        for item in search(text):
            if all(item.end <= other.start or item.start >= other.end for other in found):
                found.append(item)
    return sorted(found, key=lambda item: item.start)


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        national = digits.removeprefix("855") if not digits.startswith("0") else digits[1:]
        if len(national) in (8, 9):
            yield Found("phone", f"+855{national}", match.start(), match.end())


def _ages(text: str) -> Iterator[Found]:
    for match in _AGE.finditer(text):
        value = match["stated"] or match["old"] or match["short"]
        yield Found("age", str(int(value)), match.start(), match.end())


def _times(text: str) -> Iterator[Found]:
    for match in _TIME.finditer(text):
        hour = int(match["hour"] or match["clock"] or match["day"])
        minute = int(match["minute"] or match["minutes"] or match["past"] or 0)
        half = match["half"] or match["part"]
        later = half == "pm" or (
            not half and text[match.end() : match.end() + 9].strip().startswith(_EVENING)
        )
        if hour <= 12:
            hour = hour % 12 + 12 if later else (0 if half == "am" and hour == 12 else hour)
        if hour < 24 and minute < 60:
            yield Found("time", f"{hour:02d}:{minute:02d}", match.start(), match.end())


def _amounts(text: str) -> Iterator[Found]:
    for match in _AMOUNT.finditer(text):
        currency = _CURRENCY.get(match["sign"] or match["currency"] or "")
        if not currency:
            continue  # a bare number may be anything
        digits = re.sub(r"[ ,.](?=\d{3}(?:\D|$))", "", match[2]).replace(",", ".")
        amount = float(digits) * _TIMES.get(match["times"] or "", 1)
        whole = f"{amount:.0f}" if amount == int(amount) else f"{amount:.2f}"
        yield Found("amount", f"{whole} {currency}", match.start(), match.end())
