"""Live events for open pages: one stream for each signed-in browser, telling what to fetch anew.

A stream says which conversation changed and nothing else; the page then asks for what it shows and
gets what its operator may see. The stream ends with the session, and a browser that gets none (too
many are open) asks by itself every few seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, g

import current
from bot.feed import Event, NoRoom, Subscription
from bot.models import Operator
from bot.permissions import Permission, allows
from bot.teams import team_ids
from console import sessions
from console.access import permit

HEARTBEAT_SECONDS = 10.0
_RETRY_MILLISECONDS = 2_000


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/events", "events", events)


@sessions.passive
@permit(Permission.QUEUE_READ)
def events() -> Response:
    """Server-sent events `queue`, `message`, `mention` and `presence`, each with a conversation's number."""
    feed, database, key = current.feed(), current.database(), sessions.browser_key()
    settings = current.settings()
    try:
        subscription = feed.open(key)
    except NoRoom:
        return Response(status=503, headers={"Retry-After": "5"})
    told = _tell(subscription, g.operator, lambda: sessions.is_alive(database, key, settings))
    response = Response(told, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(lambda: feed.close(key, subscription))
    return response


def _tell(subscription: Subscription, operator: Operator, is_alive: Callable[[], bool]) -> Iterator[str]:
    """The stream; every HEARTBEAT_SECONDS it looks whether the session is still open and says so."""
    yield f"retry: {_RETRY_MILLISECONDS}\n\n"
    checked = time.monotonic()
    while not subscription.ended:
        for event in subscription.next(HEARTBEAT_SECONDS):
            if _may_hear(operator, event):
                yield f"event: {event.kind}\ndata: {json.dumps({'conversation': event.conversation_id})}\n\n"
        if time.monotonic() - checked >= HEARTBEAT_SECONDS:
            checked = time.monotonic()
            if not is_alive():
                yield "event: ended\ndata: {}\n\n"
                return
            yield ": here\n\n"


def _may_hear(operator: Operator, event: Event) -> bool:
    """As bot.openings.may_open says of the conversation itself."""
    if allows(operator, Permission.SUPERVISE) or event.team_id is None:
        return True
    if operator.id == event.operator_id or operator.id in event.openers:
        return True
    return event.team_id in team_ids(operator)
