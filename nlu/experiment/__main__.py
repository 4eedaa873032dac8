"""`make experiment [PARTS=...]`: compares ways to understand, writes docs/understanding/*.json and plots.

Parts: `development` (every pipeline, trained on all messages, measured on those of other writers),
`vectors` (the same with a sentence vector for every form), `folds` (cross-validation by situation),
`curve` (fewer messages), `diet`, `calibration`, `speed`. All take most of an hour on two cores; each part
stands alone and keeps the results of the others.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import numpy
from scipy.sparse import csr_matrix

from bot.intents import ALL, SENSITIVE
from nlu import corpus
from nlu.corpus import FORMS, Row
from nlu.experiment import plots
from nlu.khmer.features import Views, views
from nlu.learning.ensemble import Ensemble
from nlu.learning.hidden_layer import HiddenLayer
from nlu.learning.sentence_vectors import sentence_vectors
from nlu.learning.two_stage import TwoStage
from nlu.learning.vectoriser import Vectoriser

FOLDER = Path("docs/understanding")
FALSE_ALARMS = 0.03
_FOLDS = 3
_INTENTS = sorted(ALL)

# name: (views, forms with a sentence vector, danger has a model of its own)
PIPELINES: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "words": ("w", (), False),
    "pieces": ("p", (), False),
    "words + pieces": ("wp", (), False),
    "+ romanised pieces": ("wpr", (), False),
    "+ sound keys": ("wprs", (), False),
    "+ respelt in Khmer script": ("wprsk", (), False),
    "+ danger apart (two stages)": ("wprsk", (), True),
    "+ classes of words": ("wprskc", (), True),
    "+ sentence vector for English": ("wprskc", ("en",), True),
    "hidden layer alone": ("wprskc", (), True),
    "both (ensemble)": ("wprskc", ("en",), True),
}
WITH_VECTORS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "sentence vector alone": ("", FORMS, False),
    "+ sentence vector for all forms": ("wprskc", FORMS, True),
}
CHOSEN = "both (ensemble)"
ON_VIEWS_ALONE = "+ classes of words"
_NEED_NO_VECTOR = {"folds", "diet"}


class Messages:
    """Rows with their views and vectors, worked out once."""

    def __init__(self, rows: list[Row], with_vectors: tuple[str, ...] = ()) -> None:
        self.rows = rows
        self.views = [views(row.text) for row in rows]
        self.vectors = sentence_vectors(self.views, with_vectors) if with_vectors else None
        self.intents = numpy.array([row.intent for row in rows])
        self.forms = numpy.array([row.form for row in rows])

    def part(self, indices: list[int]) -> Messages:
        part = Messages.__new__(Messages)
        part.rows = [self.rows[i] for i in indices]
        part.views = [self.views[i] for i in indices]
        part.vectors = None if self.vectors is None else self.vectors[indices]
        part.intents, part.forms = self.intents[indices], self.forms[indices]
        return part


def figures(probabilities: numpy.ndarray, messages: Messages) -> dict[str, dict[str, float]]:
    """By form: right at once, right among three (everyday), and the share of sensitive messages found
    where 3 % of the others are taken for danger."""
    sensitive = numpy.isin(_INTENTS, SENSITIVE)
    danger = probabilities[:, sensitive].sum(axis=1)
    everyday = numpy.argsort(-probabilities * ~sensitive, axis=1)[:, :3]
    is_danger = numpy.isin(messages.intents, SENSITIVE)
    result = {}
    for form in FORMS:
        own = messages.forms == form
        limit = numpy.quantile(danger[own & ~is_danger], 1 - FALSE_ALARMS)
        others = own & ~is_danger & (messages.intents != "out_of_scope")
        first = numpy.array(_INTENTS)[probabilities.argmax(axis=1)]
        right = [
            label in numpy.array(_INTENTS)[guesses]
            for label, guesses in zip(messages.intents[others], everyday[others], strict=True)
        ]
        result[form] = {
            "right": float((first == messages.intents)[own].mean()),
            "right of three": float(numpy.mean(right)),
            "danger found": float((danger[own & is_danger] > limit).mean()),
        }
    return result


def learn(name: str, train: Messages, test: Messages) -> tuple[numpy.ndarray, float]:
    """The probabilities that pipeline `name` gives, and the seconds its models took to learn."""
    chosen_views, vector_forms, own_model = (PIPELINES | WITH_VECTORS)[name]
    started = time.monotonic()
    vectoriser = Vectoriser().fit([_only(v, chosen_views) for v in train.views])
    tables = [vectoriser.transform([_only(v, chosen_views) for v in m.views]) for m in (train, test)]
    vectors = [_of_forms(m, vector_forms) for m in (train, test)]
    model = _model(name, own_model)
    model.fit(csr_matrix(tables[0]), vectors[0], list(train.intents))
    seconds = time.monotonic() - started
    probabilities = model.probabilities(csr_matrix(tables[1]), vectors[1])
    table = numpy.zeros((len(test.rows), len(_INTENTS)))
    table[:, [_INTENTS.index(intent) for intent in model.intents]] = probabilities
    return table, seconds


def _model(name: str, danger_apart: bool) -> TwoStage | HiddenLayer | Ensemble:
    if name == CHOSEN:
        return Ensemble()
    return HiddenLayer() if name == "hidden layer alone" else TwoStage(danger_apart=danger_apart)


def _only(message: Views, chosen: str) -> list[tuple[str, frozenset[str]]]:
    return [(view, features) for view, features in message if view in chosen]


def _of_forms(messages: Messages, forms: tuple[str, ...]) -> numpy.ndarray | None:
    if not forms or messages.vectors is None:
        return None
    return messages.vectors * numpy.isin(messages.forms, forms)[:, None]


def compare(names: dict[str, object], train: Messages, test: Messages) -> dict[str, object]:
    results = {}
    for name in names:
        probabilities, seconds = learn(name, train, test)
        results[name] = {**figures(probabilities, test), "seconds": round(seconds, 1)}
        _tell(name, results[name])
    return results


def folds(train: Messages) -> dict[str, object]:
    """Messages about one situation stay together: the same intent, file and neighbourhood of lines."""
    situations = sorted({row.situation for row in train.rows})
    random.Random(7).shuffle(situations)
    fold_of = {situation: i % _FOLDS for i, situation in enumerate(situations)}
    results: dict[str, list[object]] = {ON_VIEWS_ALONE: []}
    for name, of_name in results.items():
        for fold in range(_FOLDS):
            held = [i for i, row in enumerate(train.rows) if fold_of[row.situation] == fold]
            rest = [i for i, row in enumerate(train.rows) if fold_of[row.situation] != fold]
            test = train.part(held)
            of_name.append(figures(learn(name, train.part(rest), test)[0], test))
            _tell(f"{name}, fold {fold + 1}", of_name[-1])
    return dict(results)


def curve(train: Messages, test: Messages) -> dict[str, object]:
    order = list(range(len(train.rows)))
    random.Random(7).shuffle(order)
    results = {}
    for share in (32, 8, 2, 1):
        part = train.part(order[: len(order) // share])
        results[str(len(part.rows))] = figures(learn(CHOSEN, part, test)[0], test)
        _tell(f"{len(part.rows)} messages", results[str(len(part.rows))])
    return results


def diet(train: Messages, test: Messages) -> dict[str, object]:
    """DIET and the linear models on the same sixth of the messages, since DIET learns slowly."""
    from nlu.experiment.diet import probabilities

    order = list(range(len(train.rows)))
    random.Random(7).shuffle(order)
    part = train.part(order[: len(order) // 6])
    started = time.monotonic()
    by_diet = probabilities(part.rows, test.rows, _INTENTS)
    seconds = time.monotonic() - started
    results = {
        "DIET": {**figures(by_diet, test), "seconds": round(seconds, 1)},
        "views, two stages": figures(learn(ON_VIEWS_ALONE, part, test)[0], test),
    }
    for name, result in results.items():
        _tell(name, result)
    return {"messages": len(part.rows), **results}


def calibration(train: Messages, test: Messages) -> dict[str, object]:
    """How often danger of a stated probability was danger, in ten steps."""
    probabilities, _ = learn(CHOSEN, train, test)
    danger = probabilities[:, numpy.isin(_INTENTS, SENSITIVE)].sum(axis=1)
    is_danger = numpy.isin(test.intents, SENSITIVE)
    steps = []
    for low in numpy.arange(0, 1, 0.1):
        inside = (danger >= low) & (danger < low + 0.1)
        if inside.any():
            steps.append([float(danger[inside].mean()), float(is_danger[inside].mean()), int(inside.sum())])
    brier = float(((danger - is_danger) ** 2).mean())
    return {"steps": steps, "brier": brier}


def speed(test: Messages) -> dict[str, object]:
    """Milliseconds a message for its views and its vector, one core (OMP_NUM_THREADS=1), by form."""
    results = {}
    for form in FORMS:
        times = []
        for row in [row for row in test.rows if row.form == form][:300]:
            started = time.perf_counter()
            sentence_vectors([views(row.text)])
            times.append(1000 * (time.perf_counter() - started))
        results[form] = {f"p{p}": round(float(numpy.percentile(times, p)), 2) for p in (50, 95, 99)}
    return results


def _tell(name: str, result: object) -> None:
    print(f"{name}: {json.dumps(result)}", flush=True)


def main(parts: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    forms = FORMS if "vectors" in parts else () if _NEED_NO_VECTOR.issuperset(parts) else ("en",)
    train, test = (Messages(rows, forms) for rows in (corpus.training(), corpus.development()))
    runs = {
        "development": lambda: compare(PIPELINES, train, test),
        "vectors": lambda: compare(WITH_VECTORS, train, test),
        "folds": lambda: folds(train),
        "curve": lambda: curve(train, test),
        "diet": lambda: diet(train, test),
        "calibration": lambda: calibration(train, test),
        "speed": lambda: speed(test),
    }
    for part in parts:
        content = json.dumps(runs[part](), indent=1)
        (FOLDER / f"{part}.json").write_text(content + "\n", "utf-8")
    plots.draw(FOLDER)


if __name__ == "__main__":
    main(sys.argv[1:] or ["development", "vectors", "folds", "curve", "diet", "calibration", "speed"])
