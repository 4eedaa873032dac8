"""How much the bot answers by itself: to one person, in a day's money, and to which countries.

A limit never ends in silence: whoever meets one is in the human queue. What tells of danger, asks for
a person, or is written by an operator isn't limited by number or money; the safety gate has looked at
every message before a limit is.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from bot.decision import Decision, Outcome
from bot.models import Author, Channel, Contact, Direction, Message
from bot.models.columns import now
from bot.settings import Settings

TOO_MANY = "too_many_messages"
DAY_SPENT = "daily_limit"
_SHARE_OF_BOT = 0.8  # of the day's segments; the rest is for operators and for danger
_LONGEST_SHORT_CODE = 6
_LOOK_AGAIN_SECONDS = 5.0
_CONFIRMED = frozenset({"stop", "delete", "withdraw"})


def may_answer(address: str, settings: Settings) -> bool:
    """Whether the bot may send SMS to `address`: a short code, or a number of a listed country.

    Numbers of dear countries are how a helpline is made to pay somebody for its answers.
    """
    if address.startswith("+"):
        return address[1:].startswith(settings.reply_prefixes)
    return address.isdecimal() and len(address) <= _LONGEST_SHORT_CODE


def reached(session: Session, contact: Contact, decision: Decision, settings: Settings) -> str | None:
    """TOO_MANY or DAY_SPENT where the bot's reply to this decision is one too many, else None."""
    if decision.outcome in (Outcome.ESCALATE, Outcome.SILENT):
        return None
    sent = replies_in_last_hour(session, contact)
    confirms = any(act.get("do") in _CONFIRMED for act in decision.acts)
    if sent >= settings.replies_per_hour and not (confirms and sent < 2 * settings.replies_per_hour):
        return TOO_MANY
    if contact.channel == Channel.SMS and not confirms:
        most = _SHARE_OF_BOT * settings.segments_per_day
        return DAY_SPENT if _cached_segments_today(session) >= most else None
    return None


def replies_in_last_hour(session: Session, contact: Contact) -> int:
    """How many messages the bot has sent to `contact` within the last hour."""
    since = int((now() - timedelta(hours=1)).timestamp() * 1000)
    query = select(func.count()).where(
        Message.contact_id == contact.id,
        Message.direction == Direction.OUT,
        Message.author == Author.BOT,
        Message.position >= since,
    )
    return session.scalar(query) or 0


def segments_today(session: Session) -> int:
    """The segments of all SMS queued or sent since midnight UTC."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(func.sum(Message.segments)).where(
        Message.direction == Direction.OUT, Message.created_at >= midnight, Message.channel == Channel.SMS
    )
    return session.scalar(query) or 0


# The sum is over a day's messages, so each process looks it up every few seconds only.
_looked_up: WeakKeyDictionary[Engine | Connection, tuple[float, int]] = WeakKeyDictionary()
_lock = threading.Lock()


def _cached_segments_today(session: Session) -> int:
    bind = session.get_bind()
    with _lock:
        at, segments = _looked_up.get(bind, (-_LOOK_AGAIN_SECONDS, 0))
        if time.monotonic() - at >= _LOOK_AGAIN_SECONDS:
            segments = segments_today(session)
            _looked_up[bind] = (time.monotonic(), segments)
        return segments
