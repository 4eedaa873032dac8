"""The models of the brain: which there are, how they compare, and which one is to serve.

Each is a folder in models/versions/ with the trained file and what is known about it; `shipped` is the one
that `make train` makes. The name in models/serving/current is what every brain on this machine serves
(bot/learning/switching.py changes it).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.settings import ROOT

FOLDER = ROOT / "models"
SHIPPED = "shipped"
# What may be written by whoever switches; the models themselves needn't be.
SERVING = "serving"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,40}")


class ModelRefused(Exception):
    """A model that can't be used; the text says why and what to do, `problem` names it for the console."""

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(text)
        self.problem = problem


@dataclass(frozen=True)
class Model:
    """One trained model; `comparison` is what `phlov model compare` found."""

    name: str
    trained_at: datetime
    is_current: bool
    comparison: Mapping[str, Any] | None


def models(folder: Path = FOLDER) -> list[Model]:
    """All trained models, the newest last."""
    files = [(SHIPPED, folder / "brain.tar.gz")]
    files += [(file.parent.name, file) for file in (folder / "versions").glob("*/brain.tar.gz")]
    serving = current(folder)
    found = [
        Model(
            name,
            datetime.fromtimestamp(file.stat().st_mtime, UTC),
            name == serving,
            comparison(name, folder),
        )
        for name, file in files
        if file.is_file()
    ]
    return sorted(found, key=lambda model: model.trained_at)


def file_of(name: str, folder: Path = FOLDER) -> Path:
    """The trained file of a model. Raises ModelRefused where there is none."""
    if not _NAME.fullmatch(name):
        raise ModelRefused(
            "unknown", f"{name!r} is no name for a model: small letters, digits, dots and dashes"
        )
    file = folder / "brain.tar.gz" if name == SHIPPED else folder / "versions" / name / "brain.tar.gz"
    if not file.is_file():
        raise ModelRefused("unknown", f"there is no model {name}: `phlov model list` shows which there are")
    return file


def is_name(name: str) -> bool:
    """Whether a new model may be called so."""
    return bool(_NAME.fullmatch(name)) and name != SHIPPED


def current(folder: Path = FOLDER) -> str:
    """The name of the model that is to serve."""
    pointer = folder / SERVING / "current"
    return (pointer.read_text("utf-8").strip() or SHIPPED) if pointer.is_file() else SHIPPED


def keep_comparison(name: str, found: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Keeps what a comparison found, with the fingerprint of the file that was compared."""
    kept = {**found, "file": _fingerprint(file_of(name, folder))}
    _comparison_file(name, folder).write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def comparison(name: str, folder: Path = FOLDER) -> Mapping[str, Any] | None:
    """What the comparison of this very file found, None where it wasn't compared."""
    kept = _comparison_file(name, folder)
    if not kept.is_file():
        return None
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return found if found.get("file") == _fingerprint(file_of(name, folder)) else None


def _comparison_file(name: str, folder: Path) -> Path:
    return folder / "comparison.json" if name == SHIPPED else folder / "versions" / name / "comparison.json"


def _fingerprint(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]
