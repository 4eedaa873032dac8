"""The feed of live events of one process: read once, handed to every open stream.

Without Redis the database is asked twice a second, whatever the number of streams. With Redis a
hint comes at once and the database is asked less often; presence travels through Redis alone.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

import redis
import structlog
from sqlalchemy import func, select

from bot import openings
from bot.database import Database
from bot.events import CHANNEL, Kind
from bot.models import Conversation, LiveEvent, State
from bot.settings import Settings

log = structlog.get_logger()

_POLL_SECONDS = 0.4
_POLL_SECONDS_WITH_REDIS = 2.0
_AFTER_FAILURE_SECONDS = 2.0
_MOST_UNREAD = 500
# On PostgreSQL a transaction may commit after one that took a later number.
_LATE_COMMITS = timedelta(seconds=5)


@dataclass(frozen=True)
class Event:
    """A change of one conversation, with what decides who may hear of it."""

    kind: Kind
    conversation_id: int
    team_id: int | None = None
    operator_id: int | None = None
    # Who has it open by a reason, though it is another team's.
    openers: frozenset[int] = frozenset()


class NoRoom(Exception):
    """As many streams are open as this process serves."""


class Subscription:
    """One stream's events that it hasn't read yet."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=_MOST_UNREAD)
        self._changed = threading.Condition()
        self.ended = False

    def put(self, events: list[Event]) -> None:
        with self._changed:
            self._events.extend(events)
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self.ended = True
            self._changed.notify()

    def next(self, seconds: float) -> list[Event]:
        """The events that came, each once; empty after `seconds` without any or when ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self.ended, seconds)
            found = list(dict.fromkeys(self._events))
            self._events.clear()
        return found


class Feed:
    """Reads the events of `database` while somebody listens."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._most = settings.streams
        self._redis = (
            redis.Redis.from_url(settings.redis_url, socket_timeout=1.0, socket_connect_timeout=1.0)
            if settings.redis_url
            else None
        )
        self._lock = threading.Lock()
        self._subscriptions: dict[str, Subscription] = {}
        self._hint = threading.Event()
        self._started = self._stopping = False
        self._floor = 0
        self._seen: dict[int, float] = {}

    def open(self, key: str) -> Subscription:
        """A subscription, to be given to `close`. A second one of the same `key` (a browser) ends the
        first. Raises NoRoom."""
        subscription = Subscription()
        with self._lock:
            before = self._subscriptions.pop(key, None)
            if self._stopping or (before is None and len(self._subscriptions) >= self._most):
                raise NoRoom
            self._subscriptions[key] = subscription
            if not self._started:
                self._start()
        if before is not None:
            before.end()
        return subscription

    def close(self, key: str, subscription: Subscription) -> None:
        """Gives the subscription's place back."""
        subscription.end()
        with self._lock:
            if self._subscriptions.get(key) is subscription:
                del self._subscriptions[key]

    def tell(self, kind: Kind, conversation_id: int) -> None:
        """Hands on what isn't kept in the database, to all hosts. May get lost; never raises."""
        if self._redis is None:
            self._hand_on([(kind, conversation_id)])
            return
        try:
            self._redis.publish(CHANNEL, json.dumps([kind, conversation_id]))
        except redis.RedisError as error:
            log.info("presence_lost", error=type(error).__name__)

    def end_all(self) -> None:
        """Ends every stream: the process is about to stop."""
        self._stopping = True
        for subscription in list(self._subscriptions.values()):
            subscription.end()

    @property
    def open_streams(self) -> int:
        return len(self._subscriptions)

    def _start(self) -> None:
        self._started = True
        self._floor = self._newest()
        threading.Thread(target=self._read, name="feed", daemon=True).start()
        if self._redis is not None:
            threading.Thread(target=self._listen, name="feed-redis", daemon=True).start()

    def _newest(self) -> int:
        with self._database.reading() as session:
            return session.scalar(select(func.max(LiveEvent.id))) or 0

    def _read(self) -> None:
        pause = _POLL_SECONDS if self._redis is None else _POLL_SECONDS_WITH_REDIS
        while not self._stopping:
            self._hint.wait(pause)
            self._hint.clear()
            if not self._subscriptions:
                continue
            try:
                self._hand_on(self._unread())
            except Exception as error:
                if self._stopping:
                    return
                # Whatever it is, the next round tries again; the pages poll slowly meanwhile.
                log.warning("feed_failed", error=type(error).__name__)
                time.sleep(_AFTER_FAILURE_SECONDS)

    def _unread(self) -> list[tuple[Kind, int]]:
        query = select(LiveEvent.id, LiveEvent.kind, LiveEvent.conversation_id)
        with self._database.reading() as session:
            rows = session.execute(query.where(LiveEvent.id > self._floor).order_by(LiveEvent.id)).all()
        new = [row for row in rows if row.id not in self._seen]
        at = time.monotonic()
        self._seen.update((row.id, at) for row in new)
        late = 0.0 if self._database.is_sqlite else _LATE_COMMITS.total_seconds()
        done = [number for number, seen in self._seen.items() if at - seen >= late]
        for number in done:
            del self._seen[number]
        self._floor = max([self._floor, *done])
        return [(Kind(row.kind), row.conversation_id) for row in new]

    def _hand_on(self, changes: list[tuple[Kind, int]]) -> None:
        if not changes or not self._subscriptions:
            return
        ids = {conversation_id for _, conversation_id in changes}
        query = select(Conversation.id, Conversation.state, Conversation.operator_id, Conversation.team_id)
        with self._database.reading() as session:
            about = {row.id: row for row in session.execute(query.where(Conversation.id.in_(ids)))}
            opened = openings.openers(session, ids)
        events = [
            Event(
                kind,
                number,
                about[number].team_id,
                about[number].operator_id,
                opened.get(number, frozenset()),
            )
            for kind, number in dict.fromkeys(changes)
            # Nobody watches what the bot and a person say to each other at the bot's own pace.
            if number in about and not (kind is Kind.MESSAGE and about[number].state == State.BOT)
        ]
        with self._lock:
            subscriptions = list(self._subscriptions.values())
        for subscription in subscriptions:
            subscription.put(events)

    def _listen(self) -> None:
        assert self._redis is not None
        while not self._stopping:
            try:
                heard = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                heard.subscribe(CHANNEL)
                while not self._stopping:
                    message = heard.get_message(timeout=0.5)
                    if message and message["data"]:
                        kind, conversation_id = json.loads(message["data"])
                        self._hand_on([(Kind(kind), int(conversation_id))])
                    elif message:
                        self._hint.set()
            except (redis.RedisError, ValueError, TypeError) as error:
                log.info("feed_without_redis", error=type(error).__name__)
                time.sleep(_AFTER_FAILURE_SECONDS)
