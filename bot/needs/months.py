"""When somebody came back: a month, or how long ago, as people write it in the three forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

_DATA: dict[str, list[Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
_MONTHS = {name: number for number, names in enumerate(_DATA["months"], start=1) for name in names}


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(_DATA[name]))


_NAME = re.compile(
    "|".join(
        rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name)
        for name in sorted(_MONTHS, key=len, reverse=True)
    )
)
_YEAR = re.compile(r"(?<!\d)(20[0-3]\d)(?!\d)")
_AGO = re.compile(
    r"(?<!\d)(\d{1,3})\s?(?:"
    + "|".join(f"(?P<{unit}>{'|'.join(_DATA[unit])})" for unit in ("day", "week", "month", "year"))
    + ")"
)
_ONE = re.compile(r"\b(?:a|one) (?=(?:day|week|month|year)\b)")
_NUMBERED, _NEAR = _pattern("numbered"), _pattern("near")
_LAST_MONTH, _LAST_YEAR, _THIS_YEAR = _pattern("last_month"), _pattern("last_year"), _pattern("this_year")


@dataclass(frozen=True)
class Month:
    """A month of a year; `exact` where the person told the month itself."""

    year: int
    month: int
    exact: bool


def without_month_names(text: str) -> str:
    """`text`, normalised and in lower case, with the names of months left out."""
    return _NAME.sub(" ", text)


def month_told(text: str, today: date) -> Month | None:
    """The month of return in `text` (normalised, lower case); None where none is told or it isn't past."""
    text = _ONE.sub("1 ", text)
    ago = _AGO.search(text)
    name = _NAME.search(text)
    year = _YEAR.search(text)
    if name:
        return _past(_MONTHS[name[0]], year, today)
    if ago and not (ago["year"] and int(ago[1]) > 60):
        return _long_ago(ago, today)
    numbered = _NUMBERED.search(text)
    if numbered:
        return _past(int(numbered[1] or numbered[2]), year, today)
    if _NEAR.search(text):
        return Month(today.year, today.month, False)
    if _LAST_MONTH.search(text):
        last = today.replace(day=1) - timedelta(days=1)
        return Month(last.year, last.month, True)
    if year and int(year[1]) < today.year:
        return Month(int(year[1]), 12 if int(year[1]) < today.year - 1 else 6, False)
    if _LAST_YEAR.search(text):
        return Month(today.year - 1, 6, False)
    if _THIS_YEAR.search(text) or (year and int(year[1]) == today.year):
        return (
            Month(today.year, max(1, today.month // 2), False)
            if not year or int(year[1]) == today.year
            else None
        )
    return None


def months_since(month: Month, today: date) -> str:
    """The band in which the return is kept: 0-1, 1-6 or 6+ months ago."""
    ago = (today.year - month.year) * 12 + today.month - month.month
    return "0-1" if ago < 1 else "1-6" if ago <= 6 else "6+"


def _past(month: int, year: re.Match[str] | None, today: date) -> Month | None:
    if year:
        told = Month(int(year[1]), month, True)
    else:  # the newest such month that isn't in the future
        told = Month(today.year if month <= today.month else today.year - 1, month, True)
    return told if (told.year, told.month) <= (today.year, today.month) else None


def _long_ago(ago: re.Match[str], today: date) -> Month:
    count = int(ago[1])
    days = count if ago["day"] else count * 7 if ago["week"] else count * 30 if ago["month"] else count * 365
    then = today - timedelta(days=days)
    return Month(then.year, then.month, bool(ago["month"]))
