"""A circuit breaker: an address that fails again and again is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES_TO_OPEN = 2
REST_SECONDS = 5.0


class Circuit:
    """Closed while calls succeed; open after FAILURES_TO_OPEN in a row, then tried once a REST_SECONDS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0

    @property
    def is_closed(self) -> bool:
        return self._failures < FAILURES_TO_OPEN

    def may_try(self) -> bool:
        """Whether the open circuit has rested; True for one caller each time."""
        with self._lock:
            if self._clock() < self._rests_until:
                return False
            self._rests_until = self._clock() + REST_SECONDS
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._rests_until = self._clock() + REST_SECONDS
