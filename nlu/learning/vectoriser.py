"""Views of messages (nlu/khmer/features.py) as rows of numbers, weighted by rarity."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy
from scipy.sparse import csr_matrix

from nlu.khmer.features import VIEWS, Views

_FEATURES, _RARITIES = "features.json", "rarities.npy"


class Vectoriser:
    """Learns which features there are and how rare each is; every view of a message has length 1."""

    def __init__(self, rarest: int = 2) -> None:
        self._rarest = rarest
        self._columns: dict[str, int] = {}
        self._rarities = numpy.zeros(0)

    @property
    def width(self) -> int:
        return len(self._columns)

    def fit(self, messages: list[Views]) -> Vectoriser:
        """Features seen in fewer than `rarest` messages are left out."""
        counts = Counter(f"{view}{f}" for message in messages for view, features in message for f in features)
        names = sorted(name for name, count in counts.items() if count >= self._rarest)
        self._columns = {name: column for column, name in enumerate(names)}
        self._rarities = numpy.array([1 + math.log((1 + len(messages)) / (1 + counts[n])) for n in names])
        return self

    def transform(self, messages: list[Views]) -> csr_matrix:
        """One row a message, shape (messages, width)."""
        starts, columns, values = [0], [], []
        for message in messages:
            for view, features in message:
                known = [self._columns[f"{view}{f}"] for f in features if f"{view}{f}" in self._columns]
                if known:
                    known.sort()
                    weights = self._rarities[known]
                    values.append(weights / math.sqrt(float(weights @ weights)))
                    columns += known
            starts.append(len(columns))
        data = numpy.concatenate(values) if values else numpy.zeros(0)
        return csr_matrix((data, columns, starts), shape=(len(messages), self.width))

    def save(self, folder: Path) -> None:
        names = sorted(self._columns, key=self._columns.__getitem__)
        (folder / _FEATURES).write_text(json.dumps(names, ensure_ascii=False), "utf-8")
        numpy.save(folder / _RARITIES, self._rarities.astype("float32"), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Vectoriser:
        vectoriser = cls()
        names = json.loads((folder / _FEATURES).read_text("utf-8"))
        vectoriser._columns = {name: column for column, name in enumerate(names)}
        vectoriser._rarities = numpy.load(folder / _RARITIES, allow_pickle=False)
        return vectoriser


assert all(len(view) == 1 for view in VIEWS)  # a feature's first letter is its view
