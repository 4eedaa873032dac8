"""Trade and province in a text of any of the three forms, without the brain: for the console's search
and wherever else no turn is taken. The same word lists as the brain's (nlu/lexicon, facts/provinces)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

from bot.facts import FOLDER
from bot.settings import ROOT
from nlu.khmer import normalise, segment, skeleton

_KHMER = re.compile("[\u1780-\u17ff]")
_SHORTEST_SOUND_KEY = 4
_MOST_WORDS = 3


@dataclass(frozen=True)
class Wanted:
    """What a text asks for; None where it doesn't say."""

    trade: str | None
    province: str | None


@dataclass(frozen=True)
class _Names:
    pattern: re.Pattern[str]
    values: dict[str, str]
    sounds: dict[str, str]

    def first(self, text: str) -> str | None:
        match = self.pattern.search(text)
        if match:
            return self.values[match[0]]
        words = segment(text)
        for i, word in enumerate(words):
            for last in words[i : i + _MOST_WORDS]:
                key = skeleton(text[word.start : last.end].replace(" ", ""))
                if key in self.sounds:
                    return self.sounds[key]
        return None


def wanted(text: str) -> Wanted:
    """The first trade and the first province that `text` names."""
    plain = normalise(text).casefold()
    return Wanted(_trades().first(plain), _provinces().first(plain))


@cache
def trades() -> tuple[str, ...]:
    """The codes of all trades, as nlu/lexicon/trade.yml has them."""
    return tuple(_trade_names())


@cache
def _trade_names() -> dict[str, list[str]]:
    data = yaml.safe_load((ROOT / "nlu" / "lexicon" / "trade.yml").read_text("utf-8"))
    return {str(trade): [str(name) for name in names] for trade, names in data["values"].items()}


@cache
def _trades() -> _Names:
    return _read(_trade_names())


@cache
def _provinces() -> _Names:
    data = yaml.safe_load((FOLDER / "provinces.yml").read_text("utf-8"))["provinces"]
    return _read({p["code"]: [*p["name"].values(), *p["aliases"]] for p in data})


def _read(names: dict[str, list[str]]) -> _Names:
    values = {normalise(name).casefold(): value for value, list_ in names.items() for name in list_}
    alternatives = [
        re.escape(name) if _KHMER.search(name) else rf"(?<!\w){re.escape(name)}(?!\w)"
        for name in sorted(values, key=len, reverse=True)
    ]
    sounds = {
        key: value
        for name, value in values.items()
        if not _KHMER.search(name)
        if len(key := skeleton(name.replace(" ", ""))) >= _SHORTEST_SOUND_KEY
    }
    return _Names(re.compile("|".join(alternatives)), values, sounds)
