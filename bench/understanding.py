"""How long does a message take to be understood? `python -m bench understanding`: the brain on one core.

Development messages of each form, one after the other: the body's own look (patterns and score), and a whole
turn through Rasa over its private channel. Limits: 20 ms a message, 1 GiB of memory.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from typing import Any

import psutil

from bench.percentiles import summary
from bot import safety
from bot.commands.brain_process import running_model
from bot.learning import models
from bot.settings import load_settings
from nlu import corpus

_EACH = 300
_WARM_UP = 10


def run() -> dict[str, Any]:
    """Milliseconds by form, and the brain's memory."""
    rows = defaultdict(list)
    for row in corpus.development():
        rows[row.form].append(row.text)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"PHLOV_VAR": folder, "RASA_TOKEN": "of the benchmark"})
        with running_model(settings, models.SHIPPED) as brain:
            rasa = _rasa()
            rasa.cpu_affinity([max(rasa.cpu_affinity() or [0])])
            for form, texts in rows.items():
                step = max(1, len(texts) // _EACH)
                looks, turns = [], []
                for number, text in enumerate(texts[::step][: _EACH + _WARM_UP]):
                    began = time.perf_counter()
                    safety.look(text, form)
                    looked = time.perf_counter()
                    brain.turn([], text)
                    if number >= _WARM_UP:
                        looks.append(looked - began)
                        turns.append(time.perf_counter() - looked)
                found[form] = {"body ms": summary(looks), "turn through the brain ms": summary(turns)}
            found["brain MiB"] = rasa.memory_full_info().pss // 2**20
    return found


def _rasa() -> psutil.Process:
    """The process that was started for the length of the benchmark and holds the model."""
    children = psutil.Process().children(recursive=True)
    return next(child for child in children if "nlu.rasa_process" in child.cmdline())
