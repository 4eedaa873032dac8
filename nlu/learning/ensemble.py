"""The linear models and the hidden layer together: what they say of danger and of the intents is averaged.

They err on different messages: together they find more danger at the same false alarms than either
(docs/understanding.md).
"""

from __future__ import annotations

from pathlib import Path

import numpy
from scipy.sparse import csr_matrix

from bot.intents import SENSITIVE
from nlu.learning.hidden_layer import HiddenLayer
from nlu.learning.two_stage import TwoStage, logit, with_danger


class Ensemble:
    """Learns both from the same messages."""

    def __init__(self, strength: float = 20.0, vector_weight: float = 3.0) -> None:
        self._linear = TwoStage(strength, vector_weight)
        self._hidden = HiddenLayer(vector_weight=vector_weight)

    @property
    def intents(self) -> list[str]:
        return self._linear.intents

    def fit(self, views: csr_matrix, vectors: numpy.ndarray | None, intents: list[str]) -> Ensemble:
        """Learns from rows of views, shape (n, features), vectors, shape (n, size), if any, and intents."""
        self._linear.fit(views, vectors, intents)
        self._hidden.fit(views, vectors, intents)
        return self

    def probabilities(self, views: csr_matrix, vectors: numpy.ndarray | None) -> numpy.ndarray:
        """Shape (n, len(intents)), each row summing to 1."""
        linear = self._linear.probabilities(views, vectors)
        hidden = self._hidden.probabilities(views, vectors)
        sensitive = numpy.isin(self.intents, SENSITIVE)
        logits = (logit(linear[:, sensitive].sum(axis=1)) + logit(hidden[:, sensitive].sum(axis=1))) / 2
        return with_danger((linear + hidden) / 2, sensitive, 1 / (1 + numpy.exp(-logits)))

    def save(self, folder: Path) -> None:
        self._linear.save(folder)
        self._hidden.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Ensemble:
        ensemble = cls()
        ensemble._linear = TwoStage.load(folder)
        ensemble._hidden = HiddenLayer.load(folder)
        return ensemble
