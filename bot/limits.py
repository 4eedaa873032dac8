"""How much the bot answers by itself: to one person, in a day's money, and to which countries.

A limit never ends in silence: whoever meets one is in the human queue and is told so. What tells of
danger or is written by an operator isn't limited by number or money; the safety gate has looked at
every message before a limit is.

Of a day's segments the bot's everyday answers take 80 % at most. Of the reserve, half is for short
notices to those who are no longer answered; the rest is left to danger and to operators.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.orm import Session

from bot import segments
from bot.decision import Decision, Outcome
from bot.models import Author, Channel, Contact, Direction, Message, Priority
from bot.models.columns import now
from bot.replies import Reply
from bot.settings import Settings

TOO_MANY = "too_many_messages"
DAY_SPENT = "daily_limit"
# Kinds of messages that are counted by the day.
DAY_NOTICE = "day_notice"
ABROAD_NOTICE = "abroad_notice"
EVERYDAY_PERCENT = 80
NOTICES_PERCENT = 90
_LONGEST_SHORT_CODE = 6
_LOOK_AGAIN_SECONDS = 5.0
_LEAST_MARGIN = 200
_MOST_ALIKE = 3
_COUNTING = 7230416  # PostgreSQL's advisory lock: near a limit one at a time counts and queues
_CONFIRMED = frozenset({"stop", "delete", "withdraw"})


def may_answer(address: str, settings: Settings) -> bool:
    """Whether the bot may send SMS to `address`: a short code, or a number of a listed country.

    Numbers of dear countries are how a helpline is made to pay somebody for its answers.
    """
    if address.startswith("+"):
        return address[1:].startswith(settings.reply_prefixes)
    return address.isdecimal() and len(address) <= _LONGEST_SHORT_CODE


def may_reassure_abroad(session: Session, contact: Contact, decision: Decision, settings: Settings) -> bool:
    """Whether danger, told from a country that isn't listed, gets its one short reply: one a day for
    each number, and PHLOV_ABROAD_PER_DAY for all of them. In doubt a life is worth more than an SMS."""
    address = contact.address
    if contact.channel != Channel.SMS or not is_danger(decision) or may_answer(address, settings):
        return False
    if not (address.startswith("+") and address[1:].isdecimal()):
        return False  # a name such as BANK can't be written to
    _one_at_a_time(session)
    if _notices_today(session, ABROAD_NOTICE, contact):
        return False
    return _notices_today(session, ABROAD_NOTICE) < settings.abroad_per_day


def is_danger(decision: Decision) -> bool:
    """Whether the decision calls people to something that can't wait: limits don't hold for it."""
    return decision.priority is not None and decision.priority <= Priority.SENSITIVE


def reached(
    session: Session, contact: Contact, decision: Decision, reply: Reply, settings: Settings
) -> str | None:
    """TOO_MANY or DAY_SPENT where the bot's `reply` is one too many, else None."""
    if decision.outcome is Outcome.SILENT:
        return None
    confirms = any(act.get("do") in _CONFIRMED for act in decision.acts)
    if decision.outcome is not Outcome.ESCALATE:  # a conversation enters the queue once
        most = settings.replies_per_hour * (2 if confirms else 1)
        sent = replies_in_last_hour(session, contact)
        if sent >= most:
            return TOO_MANY
        # After the code word nothing may look unusual to whoever reads.
        may_repeat = confirms or contact.covered_since is not None
        if sent >= _MOST_ALIKE and not may_repeat and _repeats(session, contact, reply):
            return TOO_MANY
    if contact.channel != Channel.SMS or confirms or is_danger(decision):
        return None
    most = share(settings, EVERYDAY_PERCENT)
    return None if _fits(session, segments.count(reply.text), most) else DAY_SPENT


def may_tell(session: Session, contact: Contact, words: str, settings: Settings) -> bool:
    """Whether the notice `words` to somebody who isn't answered any more still has its part of the
    reserve, and the person hasn't had one today."""
    if contact.channel != Channel.SMS:
        return True
    if _notices_today(session, DAY_NOTICE, contact):
        return False
    return _fits(session, segments.count(words), share(settings, NOTICES_PERCENT))


def everyday_is_spent(session: Session, settings: Settings) -> bool:
    """Whether the bot's everyday part of the day is used up, as of a few seconds ago."""
    return _cached_segments_today(session) >= share(settings, EVERYDAY_PERCENT)


def share(settings: Settings, percent: int) -> int:
    """So many percent of the day's segments."""
    return settings.segments_per_day * percent // 100


def replies_in_last_hour(session: Session, contact: Contact) -> int:
    """How many messages the bot has sent to `contact` within the last hour."""
    since = int((now() - timedelta(hours=1)).timestamp() * 1_000_000)  # as outbox.py writes positions
    query = select(func.count()).where(
        Message.contact_id == contact.id,
        Message.direction == Direction.OUT,
        Message.author == Author.BOT,
        Message.position >= since,
    )
    return session.scalar(query) or 0


def _repeats(session: Session, contact: Contact, reply: Reply) -> bool:
    """Whether `reply` is what the bot has just said several times: a machine may be answering it, or it
    doesn't help. Either way a person should look."""
    since = now() - timedelta(hours=1)
    query = (
        select(Message)
        .where(Message.contact_id == contact.id, Message.direction == Direction.OUT)
        .where(Message.author == Author.BOT)
        .order_by(Message.position.desc())
        .limit(_MOST_ALIKE)
    )
    last = list(session.scalars(query))
    return all(message.created_at >= since and message.body == reply.text for message in last)


def midnight() -> datetime:
    """When the present day (UTC) began."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def segments_today(session: Session) -> int:
    """The segments of all SMS queued or sent since midnight UTC."""
    query = select(func.sum(Message.segments)).where(
        Message.direction == Direction.OUT, Message.created_at >= midnight(), Message.channel == Channel.SMS
    )
    return session.scalar(query) or 0


def replies_abroad_today(session: Session) -> int:
    """How many numbers of countries that aren't listed had their one reply today."""
    return _notices_today(session, ABROAD_NOTICE)


def _notices_today(session: Session, kind: str, contact: Contact | None = None) -> int:
    query = select(func.count()).where(
        Message.direction == Direction.OUT, Message.created_at >= midnight(), Message.kind == kind
    )
    if contact is not None:
        query = query.where(Message.contact_id == contact.id)
    return session.scalar(query) or 0


def _fits(session: Session, number: int, most: int) -> bool:
    """Whether `number` more segments stay within `most` today. Far from it a figure of some seconds ago will
    do; near it workers count one after the other, so that not one segment is too many."""
    known = _cached_segments_today(session)
    if known >= most:
        return False
    if known + number + max(_LEAST_MARGIN, most // 20) <= most:
        return True
    _one_at_a_time(session)
    return segments_today(session) + number <= most


def _one_at_a_time(session: Session) -> None:
    """Until the transaction ends. SQLite's transactions that write are so anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COUNTING})


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
