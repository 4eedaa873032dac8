"""The models of the brain: which there are, which one serves, and changing it.

Each is a folder in models/versions/ with the trained file and what is known about it; `shipped` is the one
that `make train` makes. The name in models/current is what every brain on this machine serves: it sees a
change within a second and takes over without a gap (nlu/serve.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from bot.settings import ROOT, Settings

FOLDER = ROOT / "models"
SHIPPED = "shipped"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,40}")
_WAIT_SECONDS = 240.0
_SURE = 12


class ModelRefused(Exception):
    """A model that can't be used; the text says why and what to do."""


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
        raise ModelRefused(f"{name!r} is no name for a model: small letters, digits, dots and dashes")
    file = folder / "brain.tar.gz" if name == SHIPPED else folder / "versions" / name / "brain.tar.gz"
    if not file.is_file():
        raise ModelRefused(f"there is no model {name}: `phlov model list` shows which there are")
    return file


def is_name(name: str) -> bool:
    """Whether a new model may be called so."""
    return bool(_NAME.fullmatch(name)) and name != SHIPPED


def current(folder: Path = FOLDER) -> str:
    """The name of the model that is to serve."""
    pointer = folder / "current"
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


def switch(name: str, settings: Settings, despite: bool = False, folder: Path = FOLDER) -> str:
    """Has `name` serve, and waits until it does; the name of the one before.

    Raises ModelRefused where it wasn't compared or is worse than it may be (unless `despite`), or where it
    doesn't load: then the one before goes on serving.
    """
    before = current(folder)
    file_of(name, folder)
    if not despite and name != SHIPPED:
        found = comparison(name, folder)
        if found is None:
            raise ModelRefused(f"{name} wasn't compared yet: `phlov model compare {name}` first")
        if found["problems"]:
            raise ModelRefused(f"{name} is worse than it may be: {'; '.join(found['problems'])}")
    _point_to(name, folder)
    if not _wait_until_served(name, settings):
        _point_to(before, folder)
        raise ModelRefused(f"{name} didn't begin to serve; {before} goes on. The brain's log says why")
    if name != before:
        with (folder / "switches").open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {before} {name}\n")
    return before


def one_before(folder: Path = FOLDER) -> str:
    """The model to roll back to. Raises ModelRefused where there was none."""
    log = folder / "switches"
    lines = log.read_text("utf-8").splitlines() if log.is_file() else []
    for line in reversed(lines):
        _, before, name = line.split()
        if name == current(folder):
            return before
    raise ModelRefused("no other model served before this one")


def served(settings: Settings) -> dict[str, str | None]:
    """What each address of the brain serves; None where it can't be reached."""
    return {url: _served_at(url) for url in settings.rasa_urls}


def _wait_until_served(name: str, settings: Settings) -> bool:
    """Whether every address that is up comes to serve `name`; with none up, the next start will."""
    if not any(served(settings).values()):
        return True
    deadline = time.monotonic() + _WAIT_SECONDS
    in_a_row = 0  # while one takes over, old and new answer by turns
    while time.monotonic() < deadline:
        in_a_row = in_a_row + 1 if {m for m in served(settings).values() if m} == {name} else 0
        if in_a_row == _SURE:
            return True
        time.sleep(0.1)
    return False


def _served_at(url: str) -> str | None:
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{url}/webhooks/turn/", timeout=2, headers={"Connection": "close"})
            return str(answer.json().get("model") or "") or None
    except (requests.RequestException, ValueError):
        return None


def _point_to(name: str, folder: Path) -> None:
    new = folder / "current.new"
    new.write_text(name + "\n", "utf-8")
    os.replace(new, folder / "current")


def _comparison_file(name: str, folder: Path) -> Path:
    return folder / "comparison.json" if name == SHIPPED else folder / "versions" / name / "comparison.json"


def _fingerprint(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]
