"""Live events: what changed is written down in the transaction that changed it, without content.

Every change of a conversation or its messages that goes through the ORM is noted by itself; a bulk
statement says so with `publish`. Open pages read the notes through bot/feed.py, so an event is there
exactly when its change is. Redis, where there is one, only hurries the readers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

import redis
import structlog
from sqlalchemy import delete, event, insert, inspect
from sqlalchemy.orm import Session, sessionmaker

from bot.models import Conversation, LiveEvent, Mention, Message, Note
from bot.models.columns import now

log = structlog.get_logger()

CHANNEL = "phlov:live"
KEEP = timedelta(minutes=10)

_IN_THE_QUEUE = ("state", "priority", "reason", "operator_id", "team_id", "waiting_since", "for_supervisor")
_IN_THE_THREAD = ("state", "conversation_id", "error", "body")


class Kind(StrEnum):
    QUEUE = "queue"  # who waits, how urgently, or who has it
    MESSAGE = "message"  # something in a conversation's thread
    MENTION = "mention"  # a colleague is called to a conversation, or has read it
    PRESENCE = "presence"  # who looks at it or types; never in the database


def publish(session: Session, kind: Kind, conversation_id: int) -> None:
    """Notes that the conversation changed, once a transaction however often it is said."""
    told: set[tuple[Kind, int]] = session.info.setdefault("live_events", set())
    if (kind, conversation_id) not in told:
        told.add((kind, conversation_id))
        session.connection().execute(
            insert(LiveEvent).values(kind=kind, conversation_id=conversation_id, at=now())
        )


def watch(sessions: sessionmaker[Session], hurry: Callable[[], None]) -> None:
    """Notes the changes of all `sessions`; calls `hurry` after the commit of one that noted any."""

    def note(session: Session, context: Any) -> None:
        for changed in (*session.new, *session.dirty):
            _note(session, changed)

    def committed(session: Session) -> None:
        if session.info.pop("live_events", None):
            hurry()

    event.listen(sessions, "after_flush", note)
    event.listen(sessions, "after_commit", committed)
    event.listen(sessions, "after_rollback", lambda session: session.info.pop("live_events", None))


def _note(session: Session, changed: object) -> None:
    if isinstance(changed, Conversation) and _has_changed(changed, _IN_THE_QUEUE):
        publish(session, Kind.QUEUE, changed.id)
    elif isinstance(changed, Message):
        if changed.conversation_id is not None and _has_changed(changed, _IN_THE_THREAD):
            publish(session, Kind.MESSAGE, changed.conversation_id)
    elif isinstance(changed, Note):
        publish(session, Kind.MESSAGE, changed.conversation_id)
    elif isinstance(changed, Mention):
        publish(session, Kind.MENTION, changed.conversation_id)


def _has_changed(row: object, names: tuple[str, ...]) -> bool:
    attributes = inspect(row).attrs
    return any(name in attributes and attributes[name].history.has_changes() for name in names)


def forget_old(session: Session) -> None:
    """Deletes events that every reader has seen long ago."""
    session.execute(delete(LiveEvent).where(LiveEvent.at < now() - KEEP))


class RedisHurry:
    """Tells the readers on all hosts that there is something to read. Never waits, never raises."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._wanted = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        self._wanted.set()
        # Started late, so that it lives in the process that uses it and not in the one it forked from.
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hurry", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._redis.publish(CHANNEL, b"")
            except redis.RedisError as error:
                log.info("hurry_lost", error=type(error).__name__)
