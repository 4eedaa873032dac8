"""Waking the worker when a message was stored: through Redis where there is one, else by polling.

A wake-up is a hint that may be lost; the worker polls all the same.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

import redis
import structlog

from bot.settings import Settings

log = structlog.get_logger()

_CHANNEL = "phlov:work"
_RECONNECT_SECONDS = 2.0
_HINT_SECONDS = 0.25


class Wakeup(Protocol):
    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Returns after `seconds`, on a wake-up, or when `stop` is set."""

    def wake(self) -> None:
        """Hints that there is work. Never raises."""


class Polling:
    """Without Redis: wait the time out."""

    def wait(self, stop: threading.Event, seconds: float) -> None:
        stop.wait(seconds)

    def wake(self) -> None:
        return


class RedisWakeup:
    """Publishes and listens on one Redis channel; with Redis gone it is a poll."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        # A webhook is acknowledged only after its hint, which therefore may hardly take any time.
        self._hint = redis.Redis.from_url(
            url, socket_timeout=_HINT_SECONDS, socket_connect_timeout=_HINT_SECONDS
        )
        self._silent_until = 0.0
        self._woken = threading.Condition()
        self._listening = False

    def wake(self) -> None:
        if time.monotonic() < self._silent_until:
            return  # it was gone a moment ago, and the worker polls all the same
        try:
            self._hint.publish(_CHANNEL, b"1")
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + _RECONNECT_SECONDS
            log.info("wakeup_lost", error=type(error).__name__)

    def wait(self, stop: threading.Event, seconds: float) -> None:
        if not self._listening:
            self._listening = True
            threading.Thread(target=self._listen, args=(stop,), name="wakeup", daemon=True).start()
        with self._woken:
            self._woken.wait(seconds)

    def _listen(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                subscription = self._redis.pubsub()  # type: ignore[no-untyped-call]
                subscription.subscribe(_CHANNEL)
                while not stop.is_set():
                    if subscription.get_message(timeout=0.5):
                        with self._woken:
                            self._woken.notify_all()
            except redis.RedisError as error:
                log.info("wakeup_gone", error=type(error).__name__)
                time.sleep(_RECONNECT_SECONDS)


def make_wakeup(settings: Settings) -> Wakeup:
    """Redis where `settings` name one, else polling."""
    return RedisWakeup(settings.redis_url) if settings.redis_url else Polling()
