"""SMS segments: counting them, and cutting a reply at a sentence where it grows too long."""

from __future__ import annotations

import re
from collections.abc import Callable

import smsutil

MOST_SEGMENTS = 3
_SENTENCE_END = re.compile(r"(?<=[.!?។])\s+")


def count(text: str) -> int:
    """The segments that `text` takes: 160/153 characters in GSM-7, 70/67 UTF-16 units in UCS-2."""
    return len(smsutil.split(text).parts) if text else 1


def sentences(text: str) -> list[str]:
    """`text` cut after each sentence."""
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


def fit(parts: list[str], fits: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Splits `parts` into those that fit together and the rest, in order.

    A first part that doesn't fit by itself is cut at its sentences, and a sentence that doesn't
    fit, at its words. At least something always fits, so that a reader of MORE gets to the end.
    """
    taken: list[str] = []
    rest = list(parts)
    while rest and fits(" ".join([*taken, rest[0]])):
        taken.append(rest.pop(0))
    if taken or not rest:
        return taken, rest
    pieces = sentences(rest[0])
    if len(pieces) == 1:
        pieces = _halves(pieces[0])
    if len(pieces) == 1:
        return pieces, rest[1:]
    return fit(pieces + rest[1:], fits)


def _halves(text: str) -> list[str]:
    spaces = [match.start() for match in re.finditer(" ", text)]
    if not spaces:
        return [text]
    middle = min(spaces, key=lambda place: abs(place - len(text) // 2))
    return [text[:middle], text[middle + 1 :]]
