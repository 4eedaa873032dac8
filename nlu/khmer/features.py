"""What a message is made of, for classifiers: views of a text that let one form teach the others.

* `w`: words and pairs of words, as normalised;
* `p`: pieces of up to four letters, which survive misspelling and missing spaces;
* `r`: pieces of the romanised text, in which Khmer script and romanised Khmer share a space;
* `s`: sound keys (skeleton.py), singly, in pairs and threes, the same in both scripts;
* `k`: words, pairs and pieces of the text in Khmer script, into which romanised Khmer is respelt
  (respell.py); empty for English;
* `c`: what it speaks of, by classes of words and pairs of classes (concepts.py), the same in all forms.

Pure Python without any learning library: the body's danger score and the brain's classifier read
the same views.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nlu.khmer.concepts import concept_features, mentions
from nlu.khmer.form import ENGLISH, KHMER, ROMANISED, detect
from nlu.khmer.normalise import normalise
from nlu.khmer.respell import respell
from nlu.khmer.romanise import romanise
from nlu.khmer.segment import Word, segment
from nlu.khmer.skeleton import skeleton

VIEWS = ("w", "p", "r", "s", "k", "c")
_LONGEST = 1_000  # letters; ten SMS are shorter, and a view's size grows with the text
_PIECES = range(1, 5)
_ROMANISED_PIECES = range(2, 6)


@dataclass(frozen=True)
class Views:
    """The views of one text, each the set of its features, and the text in Khmer script or English."""

    w: frozenset[str]
    p: frozenset[str]
    r: frozenset[str]
    s: frozenset[str]
    k: frozenset[str]
    c: frozenset[str]
    respelt: str
    form: str

    def __iter__(self) -> Iterator[tuple[str, frozenset[str]]]:
        return ((name, getattr(self, name)) for name in VIEWS)


def views(text: str) -> Views:
    """The views of `text`, which is normalised first."""
    text = normalise(text[:_LONGEST])
    return views_of_words(text, segment(text))


def views_of_words(text: str, segmented: list[Word]) -> Views:
    """The views of a normalised `text` that was cut into words already."""
    text = text[:_LONGEST].casefold()
    words = [word.text.casefold() for word in segmented if word.start < _LONGEST]
    form = detect(text)[0] or KHMER
    khmer = [] if form == ENGLISH else respell(words) if form == ROMANISED else words
    sounds = [skeleton(word) for word in words]
    classes = mentions(words if form == ENGLISH else khmer, sounds if form == ROMANISED else [])
    words = _numbers_alike(words)
    return Views(
        w=frozenset(_runs(words, 2)),
        p=frozenset(_pieces(text.split(), _PIECES)),
        r=frozenset(_pieces([romanise(word) for word in words], _ROMANISED_PIECES)),
        s=frozenset(_runs([sound or word for sound, word in zip(sounds, words, strict=True)], 3)),
        k=frozenset((*_runs(_numbers_alike(khmer), 2), *_pieces(["".join(khmer)], _PIECES))),
        c=frozenset(concept_features(classes)),
        respelt=text if form != ROMANISED else _joined(khmer),
        form=form,
    )


def _numbers_alike(words: list[str]) -> list[str]:
    return ["#" if word.isdigit() else word for word in words]


def _joined(words: list[str]) -> str:
    """Khmer words stand together as Khmer is written, others apart."""
    return "".join(f" {word} " if word.isascii() else word for word in words).strip()


def _runs(items: list[str], longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for i in range(len(items) - length + 1):
            yield " ".join(items[i : i + length])


def _pieces(words: list[str], lengths: range) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for length in lengths:
            if length > len(padded):
                break
            for i in range(len(padded) - length + 1):
                yield padded[i : i + length]
