"""A key by sound for freely spelt romanised Khmer: `khnhom`, `knom` and `nhom` become one.

Consonants carry the word; vowels, aspiration and doubled letters are what spellings differ in.
It merges some different words too, so features made of it stand beside character n-grams.
"""

from __future__ import annotations

import re

_I = "N"  # the many spellings of "I" (khnhom) begin alike and are marked first
_RULES = [
    (re.compile(r"[^a-z0-9]"), ""),
    (re.compile(r"^(?:kh?)?n[hy]?(?=[aeiou])|^k[hy]y?(?=[oueai]m)"), _I),
    (re.compile(r"chh|tch|ch|jh|j|c(?=[eiy])"), "C"),
    (re.compile(r"kh|gh|g(?!$)|q|x|c"), "k"),
    (re.compile(r"ph|bh|f|b"), "p"),
    (re.compile(r"th|dh|d"), "t"),
    (re.compile(r"nhg|ng"), "g"),
    (re.compile(r"nh|ny(?=[aeou])"), "n"),
    (re.compile(r"w|(?<=[ao])u$|(?<=[aeiou])o$"), "v"),
    (re.compile(r"z"), "y"),
    (re.compile(r"(.)\1+"), r"\1"),
]
_SILENT = re.compile(r"[aeiouyhsr]")


def skeleton(word: str) -> str:
    """The sound key of one romanised word, "" for a word without Latin letters or digits."""
    word = word.lower()
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    first, rest = word[:1], _SILENT.sub("", word[1:])
    if first == _I:
        return "nm" if rest == "m" else "n" + rest
    return (("a" if first and first in "aeiou" else first) + rest).lower()
