"""Fits bot/safety/decision.json: how the signals of danger become one calibrated probability.

Reads what `phlov eval --signals` printed on the development messages (`make weights` runs both). Their
writers are not the training messages' writers, so the probabilities hold for people the model has
not met. Few numbers are fitted: a logistic regression of three signals a form.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy
import yaml
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from bot.intents import SENSITIVE
from nlu.measure import Result, read

FOLDER = Path("bot/safety")
_SMALLEST = 1e-4  # as in bot/safety/decision.py
_STRENGTH = 10.0


def fit(results: list[Result]) -> dict[str, object]:
    """The content of decision.json. `results` need `score` and `ranking` (phlov eval --signals)."""
    content: dict[str, dict[str, list[float]]] = {"alone": {}, "together": {}}
    for form in ("km", "km_Latn", "en"):
        rows = [r for r in results if r["form"].replace("-", "_") == form]
        dangerous = [r["label"] in SENSITIVE for r in rows]
        signals = _signals(rows)
        content["alone"][form] = _weights(signals[:, :2], dangerous)
        content["together"][form] = _weights(signals, dangerous)
    return {**content, "sharpness": _sharpness(results), "sure": _sure(results, content["alone"])}


def _weights(signals: numpy.ndarray, dangerous: list[bool]) -> list[float]:
    """A weight for every signal, then the offset. More of a signal must never mean less danger, so one
    that would get a negative weight, since others say the same better, gets none."""
    weights = numpy.zeros(signals.shape[1])
    used = list(range(signals.shape[1]))
    while True:
        model = LogisticRegression(C=_STRENGTH).fit(signals[:, used], dangerous)
        if (model.coef_[0] >= 0).all():
            break
        used = [column for column, weight in zip(used, model.coef_[0], strict=True) if weight >= 0]
    weights[used] = model.coef_[0]
    return [round(float(v), 4) for v in (*weights, model.intercept_[0])]


def _signals(rows: list[Result]) -> numpy.ndarray:
    """Shape (n, 3): a pattern (0 or 1), the body's score and the brain's, both in logits."""
    return numpy.array(
        [(r["pattern"], r["score"], _logit(sum(r["ranking"][i] for i in SENSITIVE))) for r in rows]
    )


def _logit(p: float) -> float:
    p = min(max(p, _SMALLEST), 1 - _SMALLEST)
    return math.log(p / (1 - p))


def _sharpness(results: list[Result]) -> float:
    """The power of the brain's everyday probabilities under which the true intents are likeliest."""
    rows = [r for r in results if r["label"] not in SENSITIVE]
    everyday = [i for i in rows[0]["ranking"] if i not in SENSITIVE]
    guesses = numpy.log([[max(r["ranking"][i], 1e-9) for i in everyday] for r in rows])
    true = numpy.array([everyday.index(r["label"]) for r in rows])

    def unlikelihood(power: float) -> float:
        scaled = guesses * power
        total = numpy.log(numpy.exp(scaled).sum(axis=1))
        return float((total - scaled[numpy.arange(len(true)), true]).mean())

    return round(float(minimize_scalar(unlikelihood, bounds=(0.3, 3), method="bounded").x), 3)


def _sure(results: list[Result], alone: dict[str, list[float]]) -> float:
    """The probability without the brain that no more than the stated share of harmless messages reach."""
    share = yaml.safe_load((FOLDER / "costs.yml").read_text("utf-8"))["false_alarms_alone"]
    harmless = []
    for r in results:
        if r["label"] not in SENSITIVE:
            by_pattern, by_score, offset = alone[r["form"].replace("-", "_")]
            logit = by_pattern * r["pattern"] + by_score * r["score"] + offset
            harmless.append(1 / (1 + math.exp(-logit)))
    return round(float(numpy.quantile(harmless, 1 - share)), 4)


if __name__ == "__main__":
    content = fit(read(Path(sys.argv[1])))
    (FOLDER / "decision.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(json.dumps(content))
