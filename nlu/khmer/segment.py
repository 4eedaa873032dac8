"""Words of a text in any mix of Khmer and Latin script, with their places in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import khmercut

# The tagger is opened on first use and that first use is not thread-safe: open it on import.
khmercut.load()

_SPACE = re.compile(r"\s+")
_HAS_LETTER = re.compile(r"[^\W_]|[\u17b6-\u17d3]")
# What the tagger now and then leaves at a Latin word: "hz," is the same word as "hz".
_AT_THE_EDGE = ".,;:!?\"'()[]…\u17d4\u17d6"


@dataclass(frozen=True)
class Word:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def segment(text: str) -> list[Word]:
    """The words of `text` (already normalised) in order; signs and spaces alone are left out."""
    words = []
    start = 0
    for piece in khmercut.tokenize(text) if text else []:
        if not _SPACE.fullmatch(piece) and _HAS_LETTER.search(piece):
            word = piece.lstrip(_AT_THE_EDGE)
            words.append(Word(word.rstrip(_AT_THE_EDGE), start + len(piece) - len(word)))
        start += len(piece)
    return words
