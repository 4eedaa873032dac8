"""A network with one hidden layer over the same views and sentence vectors as the linear models.

The linear models weigh each feature by itself; the hidden layer learns which of them mean the same, so
that rare words share what common ones taught. Half of the features are left out at random
while it learns (dropout, Srivastava et al. 2014), as misspelling and other words will do later.
It answers both questions at once: which intent, and danger or not. TensorFlow learns it; what is
learnt is plain numbers, and numpy answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy
import tensorflow
from scipy.sparse import csr_matrix

from bot.intents import SENSITIVE
from nlu.learning.two_stage import logit, middle, with_danger

_FILE = "hidden_layer.npz"
_MOST_LEVELS = 127  # of a weight in the file, in either direction
Batch = tuple[numpy.ndarray, ...]


class HiddenLayer:
    """`size` units; features seen in fewer than `rarest` messages are left out; vectors count
    `vector_weight` times."""

    def __init__(
        self,
        size: int = 64,
        rounds: int = 7,
        rarest: int = 5,
        left_out: float = 0.5,
        vector_weight: float = 3.0,
    ) -> None:
        self._size, self._rounds, self._rarest, self._left_out = size, rounds, rarest, left_out
        self._vector_weight = vector_weight
        self._numbers: dict[str, numpy.ndarray] = {}
        self.intents: list[str] = []

    def fit(self, views: csr_matrix, vectors: numpy.ndarray | None, intents: list[str]) -> HiddenLayer:
        """Learns from rows of views, shape (n, features), their vectors, shape (n, size), if any, and
        their intents."""
        columns = numpy.flatnonzero(views.getnnz(axis=0) >= self._rarest)
        table = views[:, columns].astype("float32").tocsr()
        self.intents = sorted(set(intents))
        labels = numpy.searchsorted(self.intents, intents)
        danger = numpy.isin(intents, SENSITIVE).astype("float32")
        # A rare intent counts more, within reason.
        balance = len(labels) / (len(self.intents) * numpy.bincount(labels))
        weights = numpy.sqrt(balance.clip(0.2, 3)).astype("float32")[labels]
        chance = numpy.random.default_rng(7)
        if vectors is not None:
            self._numbers["mean"] = self._vector_weight * middle(vectors)
        dense = self._dense(vectors, len(labels))
        variables, step = _network(table.shape[1], dense.shape[1], self._size, len(self.intents))
        for _ in range(self._rounds):
            order = chance.permutation(len(labels))
            for start in range(0, len(order), 256):
                rows = order[start : start + 256]
                step(
                    *self._batch(table[rows], chance), dense[rows], labels[rows], weights[rows], danger[rows]
                )
        self._numbers |= {name: variable.numpy() for name, variable in variables.items()}
        # As wide as the views, so that answering needs no choice of columns; what is rare says nothing.
        own = self._numbers["features"]
        self._numbers["features"] = numpy.zeros((views.shape[1], self._size), dtype="float32")
        self._numbers["features"][columns] = own
        return self

    def probabilities(self, views: csr_matrix, vectors: numpy.ndarray | None) -> numpy.ndarray:
        """Shape (n, len(intents)), each row summing to 1; what both questions say of danger is averaged."""
        about, danger = self.answers(views, vectors)
        sensitive = numpy.isin(self.intents, SENSITIVE)
        logits = (danger + logit(about[:, sensitive].sum(axis=1))) / 2
        return with_danger(about, sensitive, 1 / (1 + numpy.exp(-logits)))

    def answers(
        self, views: csr_matrix, vectors: numpy.ndarray | None
    ) -> tuple[numpy.ndarray, numpy.ndarray]:
        """The intents' probabilities, shape (n, intents) in the order of their names, and the logits
        of danger, shape (n,)."""
        numbers = self._numbers
        sums = views @ numbers["features"] + self._dense(vectors, views.shape[0]) @ numbers["vectors"]
        hidden = numpy.maximum(sums + numbers["hidden"], 0)
        logits = hidden @ numbers["intents"] + numbers["intents_offset"]
        each = numpy.exp(logits - logits.max(axis=1, keepdims=True))
        danger = (hidden @ numbers["danger"] + numbers["danger_offset"])[:, 0]
        return each / each.sum(axis=1, keepdims=True), danger

    def save(self, folder: Path) -> None:
        """As plain numbers; the features' weights, which are most, as small whole ones."""
        steps = numpy.abs(self._numbers["features"]).max(axis=0).clip(1e-9) / _MOST_LEVELS
        whole = numpy.rint(self._numbers["features"] / steps).astype("int8")
        numpy.savez_compressed(
            folder / _FILE, **{**self._numbers, "features": whole, "steps": steps, "names": self.intents}
        )

    @classmethod
    def load(cls, folder: Path) -> HiddenLayer:
        layer = cls()
        numbers = dict(numpy.load(folder / _FILE, allow_pickle=False))
        layer.intents = [str(intent) for intent in numbers.pop("names")]
        numbers["features"] = numbers["features"] * numbers.pop("steps").astype("float32")
        layer._numbers = numbers
        return layer

    def _dense(self, vectors: numpy.ndarray | None, rows: int) -> numpy.ndarray:
        """`vectors` as the network sees them: centred, zeros for a message without one."""
        if vectors is None or "mean" not in self._numbers:
            return numpy.zeros((rows, 0), dtype="float32")
        centred = self._vector_weight * vectors - self._numbers["mean"]
        return (centred * vectors.any(axis=1, keepdims=True)).astype("float32")

    def _batch(self, rows: csr_matrix, chance: numpy.random.Generator) -> Batch:
        """The features of `rows` that aren't left out: row, column and value of each, and how many rows."""
        entries = rows.tocoo()
        kept = chance.random(entries.nnz) >= self._left_out
        values = entries.data[kept] / numpy.float32(1 - self._left_out)
        places = (entries.row[kept].astype("int64"), entries.col[kept].astype("int64"))
        return (*places, values, numpy.int64(rows.shape[0]))


def _network(
    features: int, vector: int, size: int, intents: int
) -> tuple[dict[str, tensorflow.Variable], Callable[..., None]]:
    """The variables, and the step that improves them on one batch."""
    tf = tensorflow
    tf.random.set_seed(7)
    variables = {
        "features": tf.Variable(tf.random.normal((features, size), stddev=0.05)),
        "vectors": tf.Variable(tf.random.normal((vector, size), stddev=0.05)),
        "hidden": tf.Variable(tf.zeros(size)),
        "intents": tf.Variable(tf.random.normal((size, intents), stddev=0.1)),
        "intents_offset": tf.Variable(tf.zeros(intents)),
        "danger": tf.Variable(tf.random.normal((size, 1), stddev=0.1)),
        "danger_offset": tf.Variable(tf.zeros(1)),
    }
    optimiser = tf.keras.optimizers.legacy.Adam(0.003)
    whole, real = tf.TensorSpec([None], tf.int64), tf.TensorSpec([None], tf.float32)

    dense_rows = tf.TensorSpec([None, vector], tf.float32)

    @tf.function(
        input_signature=[whole, whole, real, tf.TensorSpec([], tf.int64), dense_rows, whole, real, real]
    )
    def step(
        rows: tf.Tensor, columns: tf.Tensor, values: tf.Tensor, count: tf.Tensor, dense: tf.Tensor,
        labels: tf.Tensor, weights: tf.Tensor, danger: tf.Tensor,
    ) -> None:  # fmt: skip
        with tf.GradientTape() as tape:
            entries = tf.nn.embedding_lookup(variables["features"], columns) * values[:, None]
            sums = tf.math.unsorted_segment_sum(entries, rows, count)
            sums += tf.nn.dropout(dense, 0.3) @ variables["vectors"]
            hidden = tf.nn.dropout(tf.nn.relu(sums + variables["hidden"]), 0.3)
            logits = hidden @ variables["intents"] + variables["intents_offset"]
            of_danger = (hidden @ variables["danger"] + variables["danger_offset"])[:, 0]
            which = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits) * weights
            whether = tf.nn.sigmoid_cross_entropy_with_logits(danger, of_danger)
            loss = tf.reduce_mean(which) + tf.reduce_mean(whether)
        own = list(variables.values())
        optimiser.apply_gradients(zip(tape.gradient(loss, own), own))  # noqa: B905 (traced: no strict)

    return variables, step
