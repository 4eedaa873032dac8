"""Danger in a message by patterns alone, in three forms; works without the brain.

The patterns are in `patterns/*.yml`, a file a form, all tried on every message since people mix
forms. Their words are the files' own and, as `<kin.en>`, the classes of the common lexicon
(nlu/khmer/concepts). `harmless` expressions ("hot enough to die") are blanked out before anything is matched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.intents import SENSITIVE
from nlu.khmer import normalise
from nlu.khmer.concepts import words_of

_FOLDER = Path(__file__).with_name("patterns")
_LONGEST = 10_000


@dataclass(frozen=True)
class Alarm:
    """A pattern that matched: what kind of danger it tells of, and how urgent that is (1 or 2)."""

    pattern: str
    kind: str
    priority: int


@dataclass(frozen=True)
class _Pattern:
    name: str
    kind: str
    priority: int
    match: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class _Patterns:
    patterns: tuple[_Pattern, ...]
    harmless: tuple[re.Pattern[str], ...]
    denial: tuple[re.Pattern[str], ...]


def examine(text: str) -> tuple[list[Alarm], bool]:
    """Every danger that `text` (as it came) speaks of, most urgent first, and whether it denies harm
    unprompted ("he never hits me, I only ask about …")."""
    text = _prepare(text)
    return _find_alarms(text), any(pattern.search(text) for pattern in _load().denial)


def _find_alarms(text: str) -> list[Alarm]:
    known = _load()
    for harmless in known.harmless:
        text = harmless.sub(" ~ ", text)
    found = [
        Alarm(pattern.name, pattern.kind, pattern.priority)
        for pattern in known.patterns
        if pattern.match.search(text) and not (pattern.unless and pattern.unless.search(text))
    ]
    return sorted(found, key=lambda alarm: (alarm.priority, SENSITIVE.index(alarm.kind)))


def _prepare(text: str) -> str:
    return normalise(text[:_LONGEST]).casefold().replace("’", "'")


@cache
def _load() -> _Patterns:
    patterns: list[_Pattern] = []
    harmless: list[re.Pattern[str]] = []
    denial: list[re.Pattern[str]] = []
    for file in sorted(_FOLDER.glob("*.yml")):
        data: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
        words: dict[str, str] = data.get("words", {})
        for name, entry in data["patterns"].items():
            unless = entry.get("unless")
            patterns.append(
                _Pattern(
                    name=f"{file.stem}.{name}",
                    kind=entry["kind"],
                    priority=entry["priority"],
                    match=_compile(entry["match"], words),
                    unless=_compile(unless, words) if unless else None,
                )
            )
        harmless += [_compile(expression, words) for expression in data.get("harmless", [])]
        denial += [_compile(expression, words) for expression in data.get("denial", [])]
    return _Patterns(tuple(patterns), tuple(harmless), tuple(denial))


def _compile(expression: str | list[str], words: dict[str, str]) -> re.Pattern[str]:
    """One regular expression of a list of alternatives, with <name> replaced by the file's words and
    <class.form> by the lexicon's."""
    alternatives = [expression] if isinstance(expression, str) else expression
    joined = "|".join(f"(?:{alternative})" for alternative in alternatives)
    joined = re.sub(r"<([a-z_]+)>", lambda name: f"(?:{words[name[1]]})", joined)
    return re.compile(re.sub(r"<([a-z_]+)\.(km|en)>", lambda name: _lexicon(name[1], name[2]), joined))


def _lexicon(name: str, form: str) -> str:
    expressions = sorted(words_of(name, form), key=len, reverse=True)
    return "|".join(re.escape(e.rstrip("*")) + (r"\w*" if e.endswith("*") else "") for e in expressions)
