"""What a message speaks of, by classes of words: kin, violence, body, papers, places, money, time ...

`concepts/*.yml` lists each class's words in English and Khmer; romanised Khmer finds the Khmer words
by respelling and by sound. A class stands for all its words, so that what was learnt with "husband"
and "hit" holds for "stepfather" and "kick", in every form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from nlu.khmer.normalise import normalise
from nlu.khmer.segment import segment
from nlu.khmer.skeleton import skeleton

_FOLDER = Path(__file__).with_name("concepts")
_LONGEST = 5  # words of one expression
_SHORTEST_STEM = 3
_SHORTEST_SOUND = 4
_NEAR = 4  # so many mentions on, two classes still belong together


@dataclass(frozen=True)
class _Lexicon:
    """Class names by expression (words joined as they are written), by stem and by sound."""

    exact: dict[str, tuple[str, ...]]
    stems: dict[str, tuple[str, ...]]
    sounds: dict[str, tuple[str, ...]]


def mentions(words: list[str], sounds: list[str]) -> list[str]:
    """The classes that `words` (of any script) speak of, in order; the longest expression counts.

    `sounds` are the words' sound keys where the text is romanised Khmer, else empty.
    """
    found: list[str] = []
    at = 0
    while at < len(words):
        length, classes = _longest(words, sounds, at)
        found += classes
        at += length
    return found


@cache
def words_of(name: str, form: str) -> tuple[str, ...]:
    """The expressions of class `name` in `form` ("km" or "en"); those that end in * stand for any ending."""
    return tuple(normalise(expression) for expression in _classes()[name][form])


def concept_features(classes: list[str]) -> Iterator[str]:
    """Each class, and every two that stand near each other, in their order."""
    yield from classes
    for i, first in enumerate(classes):
        for second in classes[i + 1 : i + 1 + _NEAR]:
            if second != first:
                yield f"{first} {second}"


def _longest(words: list[str], sounds: list[str], at: int) -> tuple[int, tuple[str, ...]]:
    known = _load()
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        run = words[at : at + length]
        classes = known.exact.get(_joined(run)) or (
            sounds and known.sounds.get("".join(sounds[at : at + length]))
        )
        if classes:
            return length, classes
    return 1, _by_stem(words, at)


def _by_stem(words: list[str], at: int) -> tuple[str, ...]:
    known = _load()
    for length in (3, 2, 1):  # the stem is the expression's last word
        run = words[at : at + length]
        if len(run) < length or not run[-1].isascii():
            continue
        head, last = run[:-1], run[-1]
        for end in range(len(last), _SHORTEST_STEM - 1, -1):
            classes = known.stems.get(_joined([*head, last[:end]]))
            if classes:
                return classes
    return ()


def _joined(words: Iterable[str]) -> str:
    """Khmer words stand together, others apart."""
    words = list(words)
    return ("" if words and not words[0].isascii() else " ").join(words)


@cache
def _classes() -> dict[str, dict[str, list[str]]]:
    return {
        name: forms
        for file in sorted(_FOLDER.glob("*.yml"))
        for name, forms in yaml.safe_load(file.read_text("utf-8")).items()
    }


@cache
def _load() -> _Lexicon:
    exact: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    sounds: dict[str, list[str]] = {}
    for name, forms in _classes().items():
        for expression in forms["en"]:
            table = stems if expression.endswith("*") else exact
            table.setdefault(_english(expression.rstrip("*")), []).append(name)
        for expression in forms["km"]:
            khmer = [word.text for word in segment(normalise(expression))]
            exact.setdefault("".join(khmer), []).append(name)
            sound = "".join(skeleton(word) for word in khmer)
            if len(sound) >= _SHORTEST_SOUND:
                sounds.setdefault(sound, []).append(name)
    return _Lexicon(*({key: tuple(names) for key, names in t.items()} for t in (exact, stems, sounds)))


def _english(expression: str) -> str:
    return " ".join(word.text for word in segment(normalise(expression).casefold()))
