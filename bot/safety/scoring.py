"""How dangerous a message sounds by its words and pieces, and of which kind; works without the brain.

A weighted lexicon: tens of thousands of words, sounds and pieces of words (nlu/khmer/features.py),
each with the weight it got from the training messages (`make weights`). Where the patterns know
what danger looks like, this knows what it usually sounds like.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.intents import SENSITIVE
from nlu.khmer.features import views

FILE = Path(__file__).with_name("weights.json")


@dataclass(frozen=True)
class Score:
    """`danger` in logits (0 is undecided on the training messages), and the likeliest kind."""

    danger: float
    kind: str


@dataclass(frozen=True)
class _Weights:
    scale: float
    offsets: list[float]
    of: dict[str, list[int]]


def score(text: str) -> Score:
    """The score of `text` as it came."""
    weights = _load()
    sums = [0.0] * len(weights.offsets)
    for view, features in views(text):
        share = weights.scale / math.sqrt(max(len(features), 1))
        for feature in features:
            for i, weight in enumerate(weights.of.get(f"{view}:{feature}", ())):
                sums[i] += weight * share
    logits = [offset + total for offset, total in zip(weights.offsets, sums, strict=True)]
    kind = max(range(len(SENSITIVE)), key=lambda i: logits[1 + i])
    return Score(logits[0], SENSITIVE[kind])


@cache
def _load() -> _Weights:
    data = json.loads(FILE.read_text("utf-8"))
    if data["kinds"] != list(SENSITIVE):
        raise ValueError(f"{FILE.name} is of other intents than bot/intents.py: run `make weights`")
    return _Weights(data["scale"], data["offsets"], data["weights"])
