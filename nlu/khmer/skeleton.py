"""A key by sound, shared by Khmer script and free romanisation: `khnhom`, `nhom` and ខ្ញុំ become one.

Consonants carry the word; vowels, aspiration and doubled letters are what spellings differ in.
It merges some different words too, so features made of it stand beside character n-grams.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nlu.khmer.romanise import romanise

_RULES = [
    (re.compile(r"[^a-z0-9]"), ""),
    (re.compile(r"^(?:kh?)?n[hy]?(?=[aeiou]*m$)|^k[hy]y?(?=[oueai]+m$)|^kn?h?(?=m$)"), "n"),  # "I"
    (re.compile(r"n[hg]*g(?![aeiou]*$)|n[hg]*g(?=[aeiou]*$)|(?<=[aeioucj])g$"), "G"),
    (re.compile(r"chh|tch|ch|jh|j|c(?=[eiy])"), "C"),
    (re.compile(r"kh|gh|g|q|x|c"), "k"),
    (re.compile(r"ph|bh|f|b"), "p"),
    (re.compile(r"th|dh|d"), "t"),
    (re.compile(r"nh|gn|ny(?=[aeou])"), "n"),
    (re.compile(r"w|(?<=[ao])u$"), "v"),
    (re.compile(r"z"), "y"),
    (re.compile(r"(.)\1+"), r"\1"),
]
_SILENT = re.compile(r"[aeiouyhr]|s(?![aeiouy])")


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """The sound key of one word in either script, "" for one without letters or digits."""
    word = romanise(word).lower()
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    first, rest = word[:1], _SILENT.sub("", word[1:])
    return (("a" if first and first in "aeiou" else first) + rest).lower()
