"""Loaded by a process whose PYTHONPATH has this folder: kills it (-9) at a chosen point.

The product has no fault points of its own; Python's own start-up hook puts them around SQLAlchemy's
commits and statements and requests' calls. CHAOS_POINT is `commit:before`, `commit:after`, `http:before`,
`http:after` or `statement` (behind one); CHAOS_NTH says at which passing, or CHAOS_CHANCE how likely at
each. Only commits that wrote count.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from typing import Any


class FaultPoint:
    """Counts passings of one point and ends the process at the chosen one."""

    def __init__(self, point: str, nth: int = 0, chance: float = 0.0) -> None:
        self._point, self._nth, self._chance = point, nth, chance
        self._passed = 0
        self._lock = threading.Lock()

    def passing(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._passed += 1
            if self._passed == self._nth or random.random() < self._chance:
                os.kill(os.getpid(), signal.SIGKILL)


def install(fault: FaultPoint) -> None:
    import requests
    from sqlalchemy import Connection, Engine, event

    send = requests.adapters.HTTPAdapter.send
    commit = Connection._commit_impl

    def sending(self: Any, *args: Any, **options: Any) -> Any:
        fault.passing("http:before")
        answer = send(self, *args, **options)
        fault.passing("http:after")
        return answer

    def committing(self: Any) -> None:
        wrote = self.info.pop("chaos_wrote", False)
        if wrote:
            fault.passing("commit:before")
        commit(self)
        if wrote:
            fault.passing("commit:after")

    @event.listens_for(Engine, "after_cursor_execute")
    def executed(
        conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        # What returns rows has no count on SQLite until they are read.
        wrote = cursor.rowcount != 0 or " RETURNING " in statement
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and wrote:
            conn.info["chaos_wrote"] = True
        fault.passing("statement")

    requests.adapters.HTTPAdapter.send = sending  # type: ignore[method-assign]
    Connection._commit_impl = committing  # type: ignore[method-assign]


if "CHAOS_POINT" in os.environ:
    install(
        FaultPoint(
            os.environ["CHAOS_POINT"],
            int(os.environ.get("CHAOS_NTH", "0")),
            float(os.environ.get("CHAOS_CHANCE", "0")),
        )
    )
