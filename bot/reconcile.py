"""Messages that reached the provider while we were away, fetched from its own list.

Twilio tries a webhook twice at most and then keeps the message to itself. So every few minutes, and at
the start, its list of what came in is read from where the last reading ended, and what isn't stored is
stored as a webhook would have. Nothing comes twice: a message is known by the provider's id, also after
its words were deleted. Telegram needs none of this: it repeats an update for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from bot import beats, inbox
from bot.channels.provider import ListedMessage
from bot.channels.twilio import ListIncomplete, TwilioProvider
from bot.database import Database
from bot.models import Channel, Direction, Message
from bot.models.columns import now
from bot.settings import Settings

log = structlog.get_logger()

# How far the last reading is overlapped: the provider's clock, and what it lists late.
_OVERLAP = timedelta(minutes=10)
# Twilio keeps its list for longer, but what is older than this belongs to people, not to a bot.
FARTHEST = timedelta(days=3)
READ_UP_TO = "reconciled"  # the name under which is noted how far the list was read
_CLAIM, _NOT_MORE_OFTEN = "reconcile", timedelta(seconds=100)


def run_due(database: Database, settings: Settings, at_start: bool = False) -> None:
    """Reads the list, later than `at_start` only where no other worker has just done so.

    A failure is logged, and the next reading begins at the same place.
    """
    if not settings.has_sms or not (beats.claim(database, _CLAIM, _NOT_MORE_OFTEN) or at_start):
        return
    begun = now()
    with database.reading() as session:
        last = beats.last(session, READ_UP_TO)
    if last is None:  # the first start: what this account got before was never for us
        beats.note(database, READ_UP_TO, begun)
        return
    try:
        found = bring_in(database, settings, max(last, begun - FARTHEST) - _OVERLAP)
    except ListIncomplete as problem:
        log.warning("reconcile_failed", why=str(problem))
        return
    beats.note(database, READ_UP_TO, begun)
    if found:
        log.warning("messages_brought_in", number=found)


def bring_in(database: Database, settings: Settings, since: datetime) -> int:
    """Stores what the provider got since then and we didn't; how many messages that was.

    Raises ListIncomplete where the list couldn't be read to its end; what was read is stored.
    """
    number = 0
    for page in TwilioProvider(settings).received(since):
        unknown = _unknown(database, page)
        # Oldest first, as people wrote them.
        for message in sorted(unknown, key=lambda m: m.at):
            inbound = inbox.from_sms(
                message.provider_id,
                message.sender,
                message.written_to,
                message.text,
                settings.country,
                has_media=message.has_media,
                sent_at_us=int(message.at.timestamp() * 1_000_000),
            )
            number += inbound is not None and inbox.accept(database, inbound)
    return number


def forget_place(database: Database) -> None:
    """Starts anew from now: after a restore the list would bring in what was answered before."""
    beats.note(database, READ_UP_TO, now())


def _unknown(database: Database, page: list[ListedMessage]) -> list[ListedMessage]:
    known = select(Message.provider_id).where(
        Message.channel == Channel.SMS,
        Message.direction == Direction.IN,
        Message.provider_id.in_([message.provider_id for message in page]),
    )
    with database.reading() as session:
        stored = set(session.scalars(known))
    return [message for message in page if message.provider_id not in stored]
