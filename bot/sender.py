"""Sending what is queued: claim, call the provider, note the ending.

A message is marked `sending` and committed before the provider is called, and no transaction is
open during the call. What is found in `sending` later (the worker was killed, the answer was lost)
is looked up at the provider and sent again only when it certainly isn't there; where that can't be
told it goes to a human, who sees that it may have arrived.
"""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import BindParameter, Select, and_, bindparam, exists, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from bot import limits
from bot.channels import Outgoing, Provider, Refused, Sent, TryLater, Uncertain
from bot.channels.provider import Ending
from bot.database import Database, shared_now
from bot.models import Author, Channel, Contact, Delivery, Direction, Message
from bot.models.columns import UTCTime, now
from bot.models.conversation import TO_SEND
from bot.outbox import fail

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
LOOK_UP_AFTER = timedelta(seconds=5)
MOST_TRIES = 10
_LONGEST_WAIT = 300.0
_LOOKUPS = 5
_INSIST_SECONDS = 0.5
_TOO_LATE_TO_SEND = 5.0  # well within the lease, as the call itself takes its time


@dataclass(frozen=True)
class Claim:
    """A message in a worker's hand until the lease runs out."""

    message: Outgoing
    channel: Channel
    lease: str
    look_up: bool
    since: datetime
    claimed_at: float = field(default_factory=time.monotonic)


def send_next(database: Database, providers: dict[Channel, Provider]) -> bool:
    """Sends, or looks up, one message that is due; False where none is."""
    claim = claim_next(database)
    if claim is None:
        return False
    send(database, providers, claim)
    return True


def send(database: Database, providers: dict[Channel, Provider], claim: Claim) -> None:
    """Sends, or looks up, the claimed message and keeps how that ended."""
    provider = providers.get(claim.channel)
    ending: Ending
    if time.monotonic() - claim.claimed_at > _TOO_LATE_TO_SEND:
        # This process stood still: another may be looking it up by now. If none is, it is queued again.
        ending = TryLater("stood_still", after=0.0)
    elif provider is None:
        ending = Refused("no_account")
    elif claim.look_up:
        ending = provider.find(claim.message, claim.since, _known_ids(database, claim.message))
    else:
        ending = provider.send(claim.message)
    _note(database, claim, ending)


def _note(database: Database, claim: Claim, ending: Ending) -> None:
    """Keeps how it ended, insisting while the lease lasts: what isn't kept would have to be looked up,
    and not every provider can tell."""
    gives_up = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            with database.transaction() as session:
                _finish(session, claim, ending)
            return
        except OperationalError as error:
            if time.monotonic() > gives_up:
                raise
            log.error("ending_not_kept", message=claim.message.id, error=type(error).__name__)
            time.sleep(_INSIST_SECONDS)


def release_leases(database: Database) -> None:
    """Lets what was in `sending` be looked up soon (a call that was cut off may still be arriving):
    for the start of the only worker, after it was killed."""
    with database.transaction() as session:
        stuck = select(Message).where(Message.direction == Direction.OUT, Message.state == Delivery.SENDING)
        for message in session.scalars(stuck):
            message.lease_until = now() + LOOK_UP_AFTER


def claim_next(database: Database) -> Claim | None:
    """Claims the next message to send, or to look up, or None. Marked and committed before any call."""
    if database.is_sqlite and not _is_any_due(database):
        return None  # as in bot/inbox.py
    with database.transaction() as session:
        at = shared_now(session)
        message = session.scalars(_NEXT_DUE, {"at": at}).first()
        if message is None:
            return None
        look_up = message.state == Delivery.SENDING
        if not look_up:
            message.state = Delivery.SENDING
            message.attempts += 1
            # The lookup asks from here on; rewritten at each try.
            message.sent_at = at
        message.lease = secrets.token_hex(8)
        message.lease_until = at + LEASE
        outgoing = Outgoing(
            id=message.id,
            address=message.address or "",
            text=message.body,
            options=tuple(message.options or ()),
            sender=_written_to(session, message),
            automatic=message.author == Author.BOT
            and message.contact_id is not None
            and message.kind != limits.ABROAD_NOTICE,
        )
        return Claim(outgoing, message.channel, message.lease, look_up, message.sent_at or at)


def _next_due(at: datetime | BindParameter[datetime]) -> Select[Message]:
    earlier = aliased(Message)
    under_way = (Delivery.QUEUED, Delivery.SENDING)
    in_order = ~exists().where(
        earlier.contact_id == Message.contact_id,
        earlier.direction == Direction.OUT,
        earlier.state.in_(under_way),
        earlier.id < Message.id,
    )
    due = or_(
        and_(Message.state == Delivery.QUEUED, Message.next_attempt_at <= at),
        and_(Message.state == Delivery.SENDING, Message.lease_until < at),
    )
    return (
        select(Message)
        .where(TO_SEND, due, in_order)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


_NEXT_DUE = _next_due(bindparam("at", type_=UTCTime()))  # built once, as in bot/inbox.py


def _is_any_due(database: Database) -> bool:
    with database.reading() as session:
        return session.execute(_NEXT_DUE, {"at": shared_now(session)}).first() is not None


def _written_to(session: Session, message: Message) -> str | None:
    """The number that the person wrote to last: with several short codes the reply comes from it."""
    if message.contact_id is None:
        return None
    query = (
        select(Message)
        .where(Message.contact_id == message.contact_id, Message.direction == Direction.IN)
        .where(Message.address.is_not(None))
        .order_by(Message.id.desc())
        .limit(1)
    )
    last = session.scalars(query).first()
    return last.address if last else None


def _known_ids(database: Database, message: Outgoing) -> set[str]:
    with database.reading() as session:
        contact_id = session.get_one(Message, message.id).contact_id
        query = select(Message.provider_id).where(
            Message.direction == Direction.OUT,
            Message.contact_id == contact_id,
            Message.provider_id.is_not(None),
        )
        return {provider_id for provider_id in session.scalars(query) if provider_id}


def _finish(session: Session, claim: Claim, ending: Ending) -> None:
    message = session.get(Message, claim.message.id, with_for_update=True)
    if message is None or message.lease != claim.lease or message.state != Delivery.SENDING:
        return  # a receipt, or another worker after the lease ran out, was faster
    at = shared_now(session)
    match ending:
        case Sent(provider_id):
            message.state = Delivery.SENT
            message.provider_id = provider_id
            message.sent_at = at
            message.lease = message.lease_until = None
        case TryLater(error, after):
            if message.attempts >= MOST_TRIES:
                fail(session, message, error)
            else:
                message.state = Delivery.QUEUED
                message.error = error
                message.lease = message.lease_until = None
                wait = _back_off(message.attempts) if after is None else after
                message.next_attempt_at = at + timedelta(seconds=wait)
        case Refused(error, gone):
            fail(session, message, error)
            if gone and message.contact_id is not None:
                session.get_one(Contact, message.contact_id).blocked_at = now()
        case Uncertain(error):
            message.error = error
            started = message.sent_at or at
            if error.endswith("_has_no_lookup") or at - started > _LOOKUPS * LEASE:
                fail(session, message, "may_have_arrived")
            else:
                message.lease_until = at + LOOK_UP_AFTER


def _back_off(attempts: int) -> float:
    wait: float = min(2.0 ** (attempts - 1), _LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)
