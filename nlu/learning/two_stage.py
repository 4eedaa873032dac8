"""Linear models over the same numbers: is it danger, and what is it about.

All see the views (vectoriser.py) and, beside them, a sentence vector. Danger has a model of its own,
since one that tells 34 intents apart spends its strength on telling papers from papers; the ranking
is rescaled so that the sensitive intents together have the danger's probability.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from bot.intents import SENSITIVE

_FILE = "two_stage.npz"
_CORES = 2
_CLOSE_ENOUGH = 0.1  # closer takes twice as long and changes no figure


class TwoStage:
    """One against the rest for every intent, and danger against everything.

    `strength` is the inverse of the regularisation; vectors count `vector_weight` times. Without
    `danger_apart` the sensitive intents' own probabilities are all there is (for comparisons).
    """

    def __init__(self, strength: float = 20.0, vector_weight: float = 3.0, danger_apart: bool = True) -> None:
        self._danger_apart = danger_apart
        self._strength = strength
        self._vector_weight = vector_weight
        self.intents: list[str] = []
        # A column an intent, the last for danger; in this order a row of views meets them without a copy.
        self._weights = numpy.zeros((0, 1), dtype="float32")
        self._offsets = numpy.zeros(1)
        self._mean: numpy.ndarray | None = None

    def fit(self, views: csr_matrix, vectors: numpy.ndarray | None, intents: list[str]) -> TwoStage:
        """Learns from rows of views, shape (n, features), their vectors, shape (n, size), if any, and
        their intents."""
        if vectors is not None:
            self._mean = middle(vectors)
        table = self._joined(views, vectors)
        labels = numpy.array(intents)
        self.intents = sorted(set(intents))
        problems = [(labels == intent, len(self.intents)) for intent in self.intents]
        problems.append((numpy.isin(labels, SENSITIVE), 2))
        with ThreadPoolExecutor(_CORES) as pool:  # the solver leaves Python's lock
            models = list(pool.map(lambda problem: self._fit_one(table, *problem), problems))
        self._weights = numpy.column_stack([model.coef_[0] for model in models]).astype("float32")
        self._offsets = numpy.array([model.intercept_[0] for model in models])
        return self

    def probabilities(self, views: csr_matrix, vectors: numpy.ndarray | None) -> numpy.ndarray:
        """Shape (n, len(intents)), each row summing to 1."""
        logits = self._joined(views, vectors) @ self._weights + self._offsets
        each = 1 / (1 + numpy.exp(-numpy.asarray(logits)))
        about = each[:, :-1] / each[:, :-1].sum(axis=1, keepdims=True)
        if not self._danger_apart:
            return about
        sensitive = numpy.isin(self.intents, SENSITIVE)
        by_kind = about[:, sensitive].sum(axis=1)
        return with_danger(about, sensitive, (by_kind + each[:, -1]) / 2)

    def save(self, folder: Path) -> None:
        """As plain numbers, not pickled, so that loading a model can't run code."""
        numpy.savez_compressed(
            folder / _FILE,
            intents=numpy.array(self.intents),
            vector_weight=self._vector_weight,
            weights=self._weights.astype("float16"),
            offsets=self._offsets,
            mean=numpy.zeros(0) if self._mean is None else self._mean,
        )

    @classmethod
    def load(cls, folder: Path) -> TwoStage:
        numbers = numpy.load(folder / _FILE, allow_pickle=False)
        model = cls(vector_weight=float(numbers["vector_weight"]))
        model.intents = [str(intent) for intent in numbers["intents"]]
        model._weights = numbers["weights"].astype("float32")
        model._offsets = numbers["offsets"]
        model._mean = numbers["mean"] if numbers["mean"].size else None
        return model

    def _fit_one(self, table: csr_matrix, positive: numpy.ndarray, kinds: int) -> LogisticRegression:
        # Solved in the dual: there are more features than messages. A rare intent counts more.
        weight = len(positive) / (kinds * max(int(positive.sum()), 1))
        return LogisticRegression(
            solver="liblinear",
            dual=True,
            C=self._strength,
            tol=_CLOSE_ENOUGH,
            class_weight={True: weight},
            random_state=7,
        ).fit(table, positive)

    def _joined(self, views: csr_matrix, vectors: numpy.ndarray | None) -> csr_matrix:
        if vectors is None:
            return views
        centred = (vectors - self._mean) * vectors.any(axis=1, keepdims=True)
        return hstack([views, csr_matrix(centred * self._vector_weight)]).tocsr()


def middle(vectors: numpy.ndarray) -> numpy.ndarray:
    """The mean of `vectors`, shape (n, size), that aren't all zeros. Sentence vectors all point much the
    same way; what tells messages apart is the rest."""
    own = vectors.any(axis=1)
    mean: numpy.ndarray = vectors[own].mean(axis=0) if own.any() else numpy.zeros(vectors.shape[1])
    return mean


def with_danger(about: numpy.ndarray, sensitive: numpy.ndarray, danger: numpy.ndarray) -> numpy.ndarray:
    """The ranking `about`, shape (n, intents), rescaled so that the `sensitive` ones of each row sum to
    its `danger`."""
    by_kind = about[:, sensitive].sum(axis=1)
    tiny = 1e-9
    about = about.copy()
    about[:, sensitive] *= (danger / (by_kind + tiny))[:, None]
    about[:, ~sensitive] *= ((1 - danger) / (1 - by_kind + tiny))[:, None]
    return about / about.sum(axis=1, keepdims=True)


def logit(probability: numpy.ndarray) -> numpy.ndarray:
    """The logarithm of the odds, of probabilities kept a millionth from 0 and 1."""
    clear = probability.clip(1e-6, 1 - 1e-6)
    return numpy.log(clear / (1 - clear))
