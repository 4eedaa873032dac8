"""Changing the brain's model: one change at a time, without a gap, and back where it doesn't take over.

The name in models/serving/current is what every brain on this machine serves: it sees a change within a
second, starts the new model beside the old one and takes over (nlu/serve.py).
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import requests

from bot.learning.models import FOLDER, SERVING, SHIPPED, ModelRefused, comparison, current, file_of
from bot.settings import Settings

_WAIT_SECONDS = 240.0
_SURE = 12
_MOST_KEPT = 50


class Change(StrEnum):
    """under_way -> serves | next_start (no brain was up) | refused; interrupted where the process died."""

    UNDER_WAY = "under_way"
    SERVES = "serves"
    NEXT_START = "next_start"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Switch:
    """One change from the model `before` to `name`."""

    name: str
    before: str
    at: str
    state: Change


class UnderWay:
    """A change that has begun; nobody else begins one until `finish`."""

    def __init__(self, switch: Switch, folder: Path, lock: int) -> None:
        self.switch = switch
        self._folder = folder
        self._lock = lock

    def finish(self, settings: Settings) -> Switch:
        """Waits until the model serves. Raises ModelRefused where it doesn't: then the one before goes on."""
        name, before = self.switch.name, self.switch.before
        try:
            if not any(served(settings).values()):
                return self._ended(Change.NEXT_START)
            if _is_served_soon(name, settings):
                return self._ended(Change.SERVES)
            _point_to(before, self._folder)
            self._ended(Change.REFUSED)
            raise ModelRefused(
                "not_taken", f"{name} didn't begin to serve; {before} goes on. The brain's log says why"
            )
        finally:
            os.close(self._lock)

    def _ended(self, state: Change) -> Switch:
        ended = replace(self.switch, state=state)
        _keep([*_kept(self._folder)[:-1], ended], self._folder)
        return ended


def switch(name: str, settings: Settings, despite: bool = False, folder: Path = FOLDER) -> str:
    """Has `name` serve, and waits until it does; the name of the one before.

    Raises ModelRefused where it wasn't compared or is worse than it may be (unless `despite`), or where it
    doesn't load: then the one before goes on serving.
    """
    return begin(name, despite, folder).finish(settings).before


def begin(name: str, despite: bool = False, folder: Path = FOLDER) -> UnderWay:
    """Says that `name` is to serve; `finish` waits for it. Raises ModelRefused."""
    file_of(name, folder)
    if not despite and name != SHIPPED:
        found = comparison(name, folder)
        if found is None:
            raise ModelRefused(
                "not_compared", f"{name} wasn't compared yet: `phlov model compare {name}` first"
            )
        if found["problems"]:
            raise ModelRefused("worse", f"{name} is worse than it may be: {'; '.join(found['problems'])}")
    try:
        (folder / SERVING).mkdir(mode=0o755, exist_ok=True)
        lock = _open_lock(folder)
    except OSError:
        raise ModelRefused("not_here", f"{folder / SERVING} can't be written from here") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        begun = Switch(name, current(folder), datetime.now(UTC).isoformat(), Change.UNDER_WAY)
        _keep([*_kept(folder), begun], folder)
        _point_to(name, folder)
    except BlockingIOError:
        os.close(lock)
        raise ModelRefused("busy", "another change is under way; wait until it has ended") from None
    except OSError:
        os.close(lock)
        raise ModelRefused("not_here", f"{folder / SERVING} can't be written from here") from None
    return UnderWay(begun, folder, lock)


def one_before(folder: Path = FOLDER) -> str:
    """The model to roll back to. Raises ModelRefused where there was none."""
    serving = current(folder)
    for change in reversed(_kept(folder)):
        if change.name == serving != change.before and change.state != Change.REFUSED:
            return change.before
    raise ModelRefused("nothing_before", "no other model served before this one")


def newest(folder: Path = FOLDER) -> Switch | None:
    """The last change, None where there was none."""
    kept = _kept(folder)
    if not kept:
        return None
    if kept[-1].state == Change.UNDER_WAY and not _is_locked(folder):
        return replace(kept[-1], state=Change.INTERRUPTED)
    return kept[-1]


def served(settings: Settings) -> dict[str, str | None]:
    """What each address of the brain serves; None where it can't be reached."""
    return {url: _served_at(url) for url in settings.rasa_urls}


def _is_served_soon(name: str, settings: Settings) -> bool:
    """Whether every address that is up comes to serve `name`."""
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
    _write(folder / SERVING / "current", name + "\n")


def _kept(folder: Path) -> list[Switch]:
    file = folder / SERVING / "changes.json"
    if not file.is_file():
        return []
    return [
        Switch(**{**kept, "state": Change(kept["state"])}) for kept in json.loads(file.read_text("utf-8"))
    ]


def _keep(changes: list[Switch], folder: Path) -> None:
    kept = [asdict(change) for change in changes[-_MOST_KEPT:]]
    _write(folder / SERVING / "changes.json", json.dumps(kept, indent=1) + "\n")


def _write(file: Path, content: str) -> None:
    """In one step, and readable for the brain, which runs as another user."""
    new = file.with_suffix(".new")
    new.write_text(content, "utf-8")
    new.chmod(0o644)
    os.replace(new, file)


def _open_lock(folder: Path) -> int:
    return os.open(folder / SERVING / "lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _is_locked(folder: Path) -> bool:
    with _lock_to_look(folder) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _lock_to_look(folder: Path) -> Iterator[int]:
    lock = os.open(folder / SERVING / "lock", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield lock
    finally:
        os.close(lock)
