"""Reading that something is needed no longer, in a person's own words (bot/needs/ending.yml).

Works on normalised text without the brain. It reads less rather than too much: where a message says
more than that (a "but", another need, a word of life and death), the brain understands it as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.jobs.fraud import signs_in_message
from bot.needs import reading

_CLAUSE_END = re.compile(r"[,.;!។៕\n]|\b(?:and|but|ning|haey)\s+(?:i|knhom|khnhom)\b|និង\s?(?:ខ្ញុំ|ត្រូវការ)")


@dataclass(frozen=True)
class Ended:
    """`kinds` of needs (bot/needs/codes.py) that are over, none where none is named; `others` are named
    beside them; `met` where the person says that they have it now."""

    kinds: tuple[str, ...]
    others: tuple[str, ...]
    met: bool


def read(text: str) -> Ended | None:
    """What `text` (normalised) says is needed no longer; None where it says no such thing, or more."""
    low = re.sub(r"\s+", " ", text.casefold()).strip()
    if reading.is_question(low) or _has("life", low) or signs_in_message(text):
        return None
    if _has("but", low):
        return None
    met = [clause for match in _pattern("met").finditer(low) if reading.kinds(clause := _clause(low, match))]
    over = [_clause(low, match) for match in _pattern("over").finditer(low)]
    kinds = tuple(dict.fromkeys(kind for clause in (*met, *over) for kind in reading.kinds(clause)))
    if not kinds:
        return Ended((), (), False) if _pattern("unnamed").fullmatch(low.strip(" .!។")) else None
    rest = _rest(low, [*met, *over])
    others = tuple(kind for kind in reading.kinds(rest) if kind not in kinds)
    if _has("want", rest) and not others:
        return None
    return Ended(kinds, others, bool(met))


def _clause(text: str, match: re.Match[str]) -> str:
    end = _CLAUSE_END.search(text, match.end())
    return text[match.start() : end.start() if end else len(text)]


def _rest(text: str, clauses: list[str]) -> str:
    for clause in sorted(clauses, key=len, reverse=True):
        text = text.replace(clause, " ")
    return text


def _has(name: str, text: str) -> bool:
    return bool(_pattern(name).search(text))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    by_form = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))[name]
    whole = [rf"(?<!\w)(?:{p})(?!\w)" for form in ("en", "km_Latn") for p in by_form[form]]
    return re.compile("|".join([*whole, *(f"(?:{p})" for p in by_form["km"])]))
