"""Labelled examples as training messages in the form of nlu/data, for the next model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from bot.learning.redact import as_training
from bot.models import LearningExample

_HEAD = 'version: "3.1"\nnlu:\n'


def write(examples: Iterable[LearningExample], folder: Path) -> list[Path]:
    """Writes one file for each form and intent into `folder`, readable by nobody else; the files.

    What is in such a file already stays; nothing is written twice.
    """
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example in examples:
        text = as_training(example.text)
        if example.intent and text:
            texts[example.form, example.intent].append(text)
    written = []
    for (form, intent), new in sorted(texts.items()):
        file = folder / form / f"{intent}_learned.yml"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = list(dict.fromkeys([*_held(file), *new]))
        content = f"{_HEAD}- intent: {intent}\n  examples: |\n" + "".join(f"    - {t}\n" for t in lines)
        file.touch(mode=0o600)
        file.write_text(content, "utf-8")
        written.append(file)
    return written


def _held(file: Path) -> list[str]:
    if not file.is_file():
        return []
    lines = file.read_text("utf-8").splitlines()
    return [line.removeprefix("    - ") for line in lines if line.startswith("    - ")]
