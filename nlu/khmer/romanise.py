"""Khmer script as people romanise it on phones: one usual spelling, or one of many at random.

Nobody romanises Khmer by a standard. A word's letters are parsed into syllables, whose sounds (the
two series of consonants and the vowels after them, as in Huffman's "Cambodian System of Writing")
have several common spellings each (`sounds.yml`). The usual spelling gives both scripts one sound
key (skeleton.py); spellings at random make training messages for romanised Khmer out of Khmer ones.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("sounds.yml")
_CONSONANT, _COENG, _KILLER, _BANTOC = "[\u1780-\u17a2]", "\u17d2", "\u17cd", "\u17cb"
_CLUSTER = re.compile(
    f"(?P<letters>{_CONSONANT}(?:{_COENG}{_CONSONANT})*)(?P<shifter>[\u17c9\u17ca]?)"
    f"(?P<vowel>[\u17b6-\u17c5]?[\u17c6\u17c7]?)(?P<signs>[\u17cb-\u17d1]*)"
    "|(?P<independent>[\u17a5-\u17b3])|(?P<repeat>\u17d7)"
)
_HAS_KHMER = re.compile("[\u1780-\u17b3]")
_CLOSED = ("\u17c6", "\u17c7")  # nothing follows a nasal or a breath within the syllable
_NASALS = "\u1784\u1789\u178e\u1793\u1798"


@dataclass
class _Syllable:
    onset: str
    series: str
    vowel: str
    coda: str = ""
    has_vowel: bool = True
    independent: str = ""


def romanise(word: str, chance: random.Random | None = None) -> str:
    """The usual romanisation of a Khmer word (normalised), or one at random drawn with `chance`.

    Anything that isn't Khmer script comes back as it is.
    """
    return _usual(word) if chance is None else _spell(word, chance)


@lru_cache(maxsize=20_000)
def _usual(word: str) -> str:
    return _spell(word, None)


def _spell(word: str, chance: random.Random | None) -> str:
    if not _HAS_KHMER.search(word):
        return word
    known = _sounds()["irregular"].get(word)
    if known:
        return _one_of(known, chance)
    return "".join(_spell_syllable(syllable, chance) for syllable in _syllables(word))


def _spell_syllable(syllable: _Syllable, chance: random.Random | None) -> str:
    sounds = _sounds()
    if syllable.coda == "\u1784" and syllable.vowel == "\u17b6\u17c6":
        syllable.vowel = "\u17b6"
    if syllable.independent:
        spelt = _one_of(sounds["independent"].get(syllable.independent, ["a"]), chance)
    else:
        onset = "".join(_one_of(sounds["onset"].get(letter, [""]), chance) for letter in syllable.onset)
        vowels = sounds["vowel"].get(syllable.vowel) or sounds["vowel"].get(syllable.vowel[:1], {})
        spelt = onset + _one_of(vowels.get(syllable.series, ["a"]), chance)
    if syllable.coda:
        spelt += _one_of(sounds["coda"].get(syllable.coda, [""]), chance)
    return spelt


def _syllables(word: str) -> list[_Syllable]:
    """The syllables of `word`: a consonant without a vowel closes the syllable before it, or, where
    that can't be, is one of its own with the vowel that isn't written."""
    syllables: list[_Syllable] = []
    for match in _CLUSTER.finditer(word):
        if match["repeat"]:
            syllables += [_copy(s) for s in syllables]
        elif match["independent"]:
            syllables.append(_Syllable("", "a", "", independent=match["independent"]))
        elif _KILLER not in match["signs"]:
            letters = match["letters"].replace(_COENG, "")
            vowel = match["vowel"] or ("\u17d0" if "\u17d0" in match["signs"] else "")
            syllables.append(
                _Syllable(letters, _series(letters, match["shifter"]), vowel, has_vowel=bool(vowel))
            )
            if _BANTOC in match["signs"]:
                syllables[-1].coda = _BANTOC
    return _closed(syllables)


def _closed(syllables: list[_Syllable]) -> list[_Syllable]:
    done: list[_Syllable] = []
    i = len(syllables) - 1
    while i >= 0:
        this, before = syllables[i], syllables[i - 1] if i else None
        short = this.coda == _BANTOC
        this.coda = "" if short else this.coda
        if before and not this.has_vowel and not this.independent and _is_open(before, this.onset[0]):
            before.coda = this.onset[0]
            if short and before.vowel in ("", "\u17b6"):
                before.vowel += _BANTOC
            done.append(before)
            i -= 2
            this = before
            before = syllables[i] if i >= 0 else None
        else:
            done.append(this)
            i -= 1
        # In the middle of a word a nasal on top of another consonant belongs to the syllable before.
        if before and len(this.onset) > 1 and this.onset[0] in _NASALS and _is_open(before, ""):
            before.coda = this.onset[0]
            this.onset = this.onset[1:]
            before.has_vowel = True
    return done[::-1]


def _is_open(syllable: _Syllable, coda: str) -> bool:
    # The nasal sign closes a syllable, but in "-ang" it stands for a short vowel before ng.
    return not syllable.vowel.endswith(_CLOSED) or (syllable.vowel == "\u17b6\u17c6" and coda == "\u1784")


def _series(letters: str, shifter: str) -> str:
    if shifter:
        return "a" if shifter == "\u17c9" else "o"
    sounds = _sounds()
    strong = [letter for letter in letters if letter not in sounds["sonorants"]]
    return "a" if (strong or letters)[0] in sounds["first_series"] else "o"


def _one_of(spellings: list[str], chance: random.Random | None) -> str:
    if chance is None or len(spellings) == 1 or chance.random() < 0.4:
        return spellings[0]
    return chance.choice(spellings)


def _copy(syllable: _Syllable) -> _Syllable:
    return _Syllable(**vars(syllable))


@cache
def _sounds() -> dict[str, Any]:
    sounds: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return sounds


@cache
def irregular() -> dict[str, str]:
    """Everyday spellings that no rule gives, with the Khmer word each stands for."""
    return {
        spelling: word
        for word, spellings in _sounds()["irregular"].items()
        for spelling in spellings
        if len(spelling) > 1
    }
