"""Writes bot/safety/weights.json: what each word, sound and piece says about danger.

A logistic regression of danger against everything else, and one among the kinds of danger, on the
views of all training messages. A view's features count 1/sqrt(their number), so that long messages
don't weigh more; small weights are left out, and the others kept as small whole numbers, so that the
file stays readable and loads in a moment. `make weights` runs it.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.intents import SENSITIVE
from nlu import corpus
from nlu.khmer.features import Views, views

FILE = Path("bot/safety/weights.json")
KEPT = 50_000
_RAREST = 2
_STRENGTH = 5.0
_STEPS = 400  # a weight is a whole number of steps


def matrix(messages: list[Views], vocabulary: dict[str, int]) -> csr_matrix:
    """One row a message: each known feature counts 1/sqrt(number of features of its view)."""
    starts, columns, values = [0], [], []
    for message in messages:
        for view, features in message:
            known = [vocabulary[f"{view}:{f}"] for f in features if f"{view}:{f}" in vocabulary]
            columns += known
            values += [1 / math.sqrt(max(len(features), 1))] * len(known)
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(messages), len(vocabulary)))


def learn(rows: list[corpus.Row], kept: int = KEPT) -> dict[str, object]:
    """The content of weights.json from `rows`."""
    messages = [views(row.text) for row in rows]
    counts = Counter(f"{view}:{f}" for message in messages for view, features in message for f in features)
    names = sorted(name for name, count in counts.items() if count >= _RAREST)
    table = matrix(messages, {name: i for i, name in enumerate(names)})
    dangerous = numpy.array([row.intent in SENSITIVE for row in rows])
    danger = _fit(table, dangerous)
    heavy = numpy.sort(numpy.argsort(-numpy.abs(danger.coef_[0]))[:kept])
    kinds = _fit(table[dangerous][:, heavy], [row.intent for row in rows if row.intent in SENSITIVE])
    order = [list(kinds.classes_).index(kind) for kind in SENSITIVE]
    weights = numpy.vstack([danger.coef_[0][heavy], kinds.coef_[order]])
    whole = numpy.rint(weights * _STEPS).astype(int)
    return {
        "learnt_from": corpus.fingerprint(rows),
        "kinds": list(SENSITIVE),
        "scale": 1 / _STEPS,
        "offsets": [round(float(o), 4) for o in (danger.intercept_[0], *kinds.intercept_[order])],
        "weights": {names[column]: whole[:, i].tolist() for i, column in enumerate(heavy)},
    }


def _fit(table: csr_matrix, labels: object) -> LogisticRegression:
    model = LogisticRegression(
        solver="liblinear", dual=True, C=_STRENGTH, class_weight="balanced", random_state=7
    )
    return model.fit(table, labels)


def write(content: dict[str, object]) -> None:
    """Writes `content` with one feature a line, so that a change of it can be read."""
    weights = content.pop("weights")
    assert isinstance(weights, dict)
    lines = [f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(w)}" for name, w in weights.items()]
    head = json.dumps(content, ensure_ascii=False)[:-1]
    FILE.write_text(head + ',\n"weights": {\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


if __name__ == "__main__":
    rows = corpus.training()
    write(learn(rows))
    print(f"{FILE}: from {len(rows)} messages")
