"""Words that are unsafe to send to a phone that somebody else may read (bot/unsafe_words.yml)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from nlu.khmer import normalise

_FILE = Path(__file__).with_suffix(".yml")


def found_in(text: str) -> list[str]:
    """The unsafe words of any form that `text` carries, as they stand there, each once."""
    spelt = normalise(text)
    found = [match[0] for match in _pattern().finditer(spelt)]
    return list(dict.fromkeys(word.casefold() for word in found))


@cache
def _pattern() -> re.Pattern[str]:
    words = yaml.safe_load(_FILE.read_text("utf-8"))
    # Khmer is written without spaces, so there its words are found inside a run of letters.
    anywhere = [re.escape(normalise(word)) for word in words["km"]]
    whole = [_whole(word) for form in ("km_Latn", "en") for word in words[form]]
    longest_first = sorted(anywhere, key=len, reverse=True)
    return re.compile("|".join([*longest_first, *(rf"\b{word}" for word in whole)]), re.IGNORECASE)


def _whole(word: str) -> str:
    stem = r"\s+".join(re.escape(part) for part in word.removesuffix("*").split())
    return rf"{stem}\w*\b" if word.endswith("*") else rf"{stem}\b"
