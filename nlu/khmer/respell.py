"""Romanised Khmer put back into Khmer script, word by word, as well as the training messages allow.

A romanised word may be any known Khmer word with the same sound key (skeleton.py). Which one it is
follows from how near its usual romanisation is, how common it is, and which word stood before it (a
beam search over pairs of words). The result is not for people to read: it lets what was learned of
Khmer script be used for romanised Khmer, and about two words in three come out right.

`words.json` holds the counts of words and pairs in the Khmer training messages (`make weights`).
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from pathlib import Path

from nlu.khmer.normalise import normalise
from nlu.khmer.romanise import irregular, romanise
from nlu.khmer.segment import segment
from nlu.khmer.skeleton import skeleton

FILE = Path(__file__).with_name("words.json")
_START = "^"
_BEAM, _CANDIDATES = 6, 6
_RAREST = 2
# How much likeness of sound, commonness and the word before count; tried on the training messages.
_LIKENESS, _COMMON, _PAIR = 9.0, 0.6, 1.2
_SMOOTHING = 50.0
_KHMER = re.compile("[\u1780-\u17b3]")
_VOWELS = ((re.compile("[aeiouy]*[eiy][aeiouy]*"), "e"), (re.compile("[aou]+"), "o"))


@dataclass(frozen=True)
class _Words:
    counts: dict[str, int]
    pairs: dict[str, int]
    by_sound: dict[str, list[str]]
    total: int


def respell(words: list[str]) -> list[str]:
    """The likeliest Khmer words for romanised `words` (lower case); what is unknown stays."""
    known = _load()
    beam: list[tuple[float, list[str]]] = [(0.0, [_START])]
    for word in words:
        longer = [
            (so_far + likeness + _PAIR * _pair(known, path[-1], candidate), [*path, candidate])
            for so_far, path in beam
            for candidate, likeness in _candidates(word)
        ]
        beam = sorted(longer, key=lambda scored: -scored[0])[:_BEAM]
    return beam[0][1][1:]


def _pair(known: _Words, before: str, word: str) -> float:
    expected = _SMOOTHING * 0.3 * known.counts.get(word, 1) / known.total
    seen = known.pairs.get(f"{before} {word}", 0)
    return math.log((seen + expected) / (known.counts.get(before, 0) + _SMOOTHING) + 1e-6)


@lru_cache(maxsize=20_000)
def _candidates(word: str) -> list[tuple[str, float]]:
    if word in irregular():
        return [(irregular()[word], _LIKENESS)]
    known, key = _load(), skeleton(word)
    keys = [key, f"{key}v"] if word[-1:] in ("u", "o", "a") else [key]
    scored = [
        (khmer, _LIKENESS * _likeness(word, khmer) + _COMMON * math.log(known.counts[khmer]))
        for k in keys
        for khmer in known.by_sound.get(k, ())
    ]
    return sorted(scored, key=lambda pair: -pair[1])[:_CANDIDATES] or [(word, 0.0)]


def _likeness(word: str, khmer: str) -> float:
    usual = romanise(khmer)
    letters = SequenceMatcher(None, word, usual).ratio()
    sounds = SequenceMatcher(None, _sound(word), _sound(usual)).ratio()
    return 0.4 * letters + 0.6 * sounds


@lru_cache(maxsize=20_000)
def _sound(word: str) -> str:
    """`word` with each sound written one way, vowels by whether they are open or close."""
    word = re.sub(r"[^a-z0-9]", "", word.lower())
    word = re.sub(r"h(?![aeiouy])|(?<=[^aeiou])h", "", word).replace("ng", "N")
    word = word.translate(str.maketrans("jbdgw", "cptkv"))
    for pattern, vowel in _VOWELS:
        word = pattern.sub(vowel, word)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[rsh]$", "", word))


def count(texts: list[str]) -> dict[str, dict[str, int]]:
    """The content of words.json from Khmer `texts`."""
    words: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for text in texts:
        path = [_START, *(word.text for word in segment(normalise(text)))]
        words.update(path)
        pairs.update(f"{a} {b}" for a, b in itertools.pairwise(path))
    return {
        "words": {w: n for w, n in sorted(words.items()) if n >= _RAREST and not w.isdigit()},
        "pairs": {p: n for p, n in sorted(pairs.items()) if n >= _RAREST},
    }


@cache
def _load() -> _Words:
    content = json.loads(FILE.read_text("utf-8"))
    by_sound: defaultdict[str, list[str]] = defaultdict(list)
    for word in content["words"]:
        if word != _START:
            by_sound[skeleton(word)].append(word)
    return _Words(content["words"], content["pairs"], dict(by_sound), sum(content["words"].values()))


def write() -> None:
    """Writes words.json anew from the training messages."""
    from nlu import corpus

    content = count([row.text for row in corpus.training() if row.form == "km"])
    FILE.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    write()
