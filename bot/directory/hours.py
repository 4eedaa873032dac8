"""Opening hours: "Mo-Fr 07:30-11:30 14:00-17:00; Sa 08:00-12:00" or "24/7", checked and put into words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.models import Form
from bot.words import say

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
ALWAYS = "24/7"
_DAY = f"(?:{'|'.join(DAYS)})"
_SPAN = r"(\d\d):(\d\d)-(\d\d):(\d\d)"
_RULE = re.compile(rf"({_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*) ({_SPAN}(?: {_SPAN})*)")


@dataclass(frozen=True)
class Opening:
    """Open on `days` from `opens` to `closes` ("07:30")."""

    days: tuple[str, ...]
    opens: str
    closes: str


def parse(hours: str) -> list[Opening]:
    """The openings of `hours`; none for "" and for always open. Raises ValueError."""
    if hours in ("", ALWAYS):
        return []
    openings = []
    for rule in hours.split(";"):
        match = _RULE.fullmatch(rule.strip())
        if not match:
            raise ValueError("not hours")
        days = tuple(day for part in match[1].split(",") for day in _days(part))
        for span in match[2].split(" "):
            opens, closes = span.split("-")
            if not "00:00" <= opens < closes <= "24:00" or max(opens[3:], closes[3:]) > "59":
                raise ValueError("not a time of day")
            openings.append(Opening(days, opens, closes))
    return openings


def words(hours: str, form: Form) -> str:
    """`hours` as a person reads it; "" where there are none."""
    if hours == ALWAYS:
        return say("hours_always", form)
    text = hours
    for day in DAYS:
        text = re.sub(rf"\b{day}\b", say(f"day_{day}", form), text)
    return re.sub(r"\b0(\d:\d\d)", r"\1", text).replace("; ", ", ")


def _days(part: str) -> tuple[str, ...]:
    first, _, last = part.partition("-")
    if not last:
        return (first,)
    start, end = DAYS.index(first), DAYS.index(last)
    if end <= start:
        raise ValueError("days go from Mo to Su")
    return DAYS[start : end + 1]
