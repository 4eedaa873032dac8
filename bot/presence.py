"""Who looks at a conversation and who types, for the others who look: kept for seconds only.

A hint between colleagues. That two can't answer at once is decided by the conversation's owner
(bot/handoff.py), not here. In Redis where there is one, else in the memory of the only web process.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Protocol, cast

import redis
import structlog

from bot.settings import Settings

log = structlog.get_logger()

# A page says every ten seconds that it is there.
STAYS_SECONDS = 25.0
TYPING_SECONDS = 8.0


@dataclass(frozen=True)
class Viewer:
    """An operator who has the conversation open."""

    operator_id: int
    typing: bool


class Presence(Protocol):
    def note(self, conversation_id: int, operator_id: int, typing: bool) -> bool:
        """Notes that the operator is there; True where that is news to the others. Never raises."""

    def leave(self, conversation_id: int, operator_id: int) -> None:
        """Notes that the operator has gone. Never raises."""

    def viewers(self, conversation_id: int) -> list[Viewer]:
        """Who is there, by operator's number; empty where it can't be told. Never raises."""


@dataclass(frozen=True)
class _Seen:
    at: float
    typed_at: float

    def is_here(self, at: float) -> bool:
        return at - self.at < STAYS_SECONDS

    def viewer(self, operator_id: int, at: float) -> Viewer:
        return Viewer(operator_id, at - self.typed_at < TYPING_SECONDS)


def _next(before: _Seen | None, typing: bool, at: float) -> tuple[_Seen, bool]:
    """What is noted now, and whether it is news."""
    seen = _Seen(at, at if typing else 0.0)
    was = before.viewer(0, at) if before and before.is_here(at) else None
    return seen, was is None or was.typing != typing


class MemoryPresence:
    """For one web process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[int, dict[int, _Seen]] = {}

    def note(self, conversation_id: int, operator_id: int, typing: bool) -> bool:
        with self._lock:
            here = self._seen.setdefault(conversation_id, {})
            here[operator_id], news = _next(here.get(operator_id), typing, time.time())
            return news

    def leave(self, conversation_id: int, operator_id: int) -> None:
        with self._lock:
            self._seen.get(conversation_id, {}).pop(operator_id, None)

    def viewers(self, conversation_id: int) -> list[Viewer]:
        at = time.time()
        with self._lock:
            here = self._seen.get(conversation_id, {})
            for gone in [number for number, seen in here.items() if not seen.is_here(at)]:
                del here[gone]
            if not here:
                self._seen.pop(conversation_id, None)
            return [seen.viewer(number, at) for number, seen in sorted(here.items())]


class RedisPresence:
    """For several processes and hosts; holds numbers alone."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)

    def note(self, conversation_id: int, operator_id: int, typing: bool) -> bool:
        key = _key(conversation_id)
        try:
            before = _read(cast("bytes | None", self._redis.hget(key, str(operator_id))))
            seen, news = _next(before, typing, time.time())
            self._redis.hset(key, str(operator_id), json.dumps([seen.at, seen.typed_at]))
            self._redis.expire(key, int(STAYS_SECONDS) + 1)
            return news
        except redis.RedisError as error:
            log.info("presence_lost", error=type(error).__name__)
            return False

    def leave(self, conversation_id: int, operator_id: int) -> None:
        try:
            self._redis.hdel(_key(conversation_id), str(operator_id))
        except redis.RedisError as error:
            log.info("presence_lost", error=type(error).__name__)

    def viewers(self, conversation_id: int) -> list[Viewer]:
        try:
            here = cast("dict[bytes, bytes]", self._redis.hgetall(_key(conversation_id)))
        except redis.RedisError as error:
            log.info("presence_lost", error=type(error).__name__)
            return []
        at = time.time()
        found = [(int(number), _read(value)) for number, value in here.items()]
        return [seen.viewer(number, at) for number, seen in sorted(found) if seen and seen.is_here(at)]


def _key(conversation_id: int) -> str:
    return f"phlov:presence:{conversation_id}"


def _read(value: bytes | None) -> _Seen | None:
    return _Seen(*json.loads(value)) if value else None


def make_presence(settings: Settings) -> Presence:
    """Redis where `settings` name one, else this process's memory."""
    return RedisPresence(settings.redis_url) if settings.redis_url else MemoryPresence()
