"""Trains Rasa's DIET on given rows and gives its probabilities for others."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import numpy
import rasa.model_training
from rasa.core.agent import Agent

from nlu.corpus import Row

_CONFIG = Path(__file__).with_name("diet.yml")


def probabilities(train: list[Row], test: list[Row], intents: list[str]) -> numpy.ndarray:
    """Shape (len(test), len(intents))."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "nlu.yml"
        data.write_text(_as_rasa(train), "utf-8")
        model = rasa.model_training.train_nlu(str(_CONFIG), str(data), folder, fixed_model_name="diet")
        agent = Agent.load(model)

        async def parse() -> list[dict]:
            return [await agent.parse_message(row.text) for row in test]

        parsed = asyncio.run(parse())
    table = numpy.zeros((len(test), len(intents)))
    for i, result in enumerate(parsed):
        for guess in result["intent_ranking"]:
            table[i, intents.index(guess["name"])] = guess["confidence"]
    return table


def _as_rasa(rows: list[Row]) -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent in sorted({row.intent for row in rows}):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {row.text}" for row in rows if row.intent == intent]
    return "\n".join(lines) + "\n"
