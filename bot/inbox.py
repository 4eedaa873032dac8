"""Messages coming in: stored exactly once, then claimed one conversation at a time, in order.

The message row is the queue. `accept` runs in the webhook; a claim is a lease, so that what a
killed worker had in hand is taken up again.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from sqlalchemy import BindParameter, Select, and_, bindparam, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot.database import Database, shared_now
from bot.models import Author, Channel, Contact, Delivery, Direction, Form, Message
from bot.models.columns import UTCTime, keyring
from bot.models.conversation import TO_HANDLE
from nlu.khmer import clean

# Longer than a turn takes. One that took longer all the same is overtaken and leaves no trace.
LEASE = timedelta(seconds=20)
MOST_TRIES = 3
# A channel that tells when a message was written may deliver out of order: this long it may catch up.
SETTLE = timedelta(seconds=0.5)
_RACES = 3
_LONGEST_BODY = 20_000
_LONGEST_ID = 64
_LONGEST_ADDRESS = 40


@dataclass(frozen=True)
class Inbound:
    """A message as a channel delivers it, before it is stored. `written_to` is our number, `payload`
    what a pressed button stands for, `sent_at_us` the sender's clock in microseconds, if told."""

    channel: Channel
    provider_id: str
    address: str
    body: str
    kind: str = "text"
    written_to: str | None = None
    sent_at_us: int | None = None
    payload: str | None = None


def from_sms(
    provider_id: str,
    sender: str,
    written_to: str,
    body: str,
    country: str,
    *,
    has_media: bool = False,
    sent_at_us: int | None = None,
) -> Inbound | None:
    """An SMS as a provider tells of it; None where it can't be one: without an id or a sender, or with one
    that is too long."""
    if not provider_id or len(provider_id) > _LONGEST_ID or not sender or len(sender) > _LONGEST_ADDRESS:
        return None
    return Inbound(
        channel=Channel.SMS,
        provider_id=provider_id,
        address=normalise_address(Channel.SMS, sender, country),
        body=body,
        kind="photo" if has_media else "text",
        written_to=written_to[:_LONGEST_ADDRESS] or None,
        sent_at_us=sent_at_us,
    )


def normalise_address(channel: Channel, address: str, country: str) -> str:
    """One spelling of an address: E.164 for phone numbers, short codes and chat ids as they are."""
    address = address.strip()
    if channel is not Channel.SMS:
        return address
    try:
        number = phonenumbers.parse(address, country)
    except phonenumbers.NumberParseException:
        number = None
    if number and phonenumbers.is_possible_number(number) and len(address.lstrip("+")) > 6:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if address.isdecimal() and len(address) > 6:
        # Some gateways send the international number without its plus sign.
        try:
            number = phonenumbers.parse(f"+{address}")
        except phonenumbers.NumberParseException:
            return address
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return address


def accept(database: Database, inbound: Inbound) -> bool:
    """Stores `inbound` durably; False where this delivery was stored before."""
    for _ in range(_RACES):
        with contextlib.suppress(IntegrityError):
            # Another delivery of the same message, or of the contact's first one, may win the race.
            return _store(database, inbound)
    return _store(database, inbound)


def _store(database: Database, inbound: Inbound) -> bool:
    with database.transaction() as session:
        if _is_known(session, inbound):
            return False
        contact = find_or_create_contact(session, inbound.channel, inbound.address)
        at = shared_now(session)
        session.add(
            Message(
                contact_id=contact.id,
                direction=Direction.IN,
                channel=inbound.channel,
                author=Author.PERSON,
                kind=inbound.kind,
                body=clean(inbound.body[:_LONGEST_BODY]),
                options=[{"payload": inbound.payload}] if inbound.payload is not None else None,
                address=inbound.written_to,
                provider_id=inbound.provider_id,
                state=Delivery.RECEIVED,
                position=inbound.sent_at_us or int(at.timestamp() * 1_000_000),
                next_attempt_at=at if inbound.sent_at_us is None else at + SETTLE,
            )
        )
    return True


def find_or_create_contact(session: Session, channel: Channel, address: str) -> Contact:
    """The contact at `address`, which is new where nobody has written from there before."""
    contact = find_contact(session, channel, address)
    if contact is None:
        contact = Contact(
            channel=channel, address=address, address_hash=address_hash(channel, address), form=Form.KHMER
        )
        session.add(contact)
        session.flush()
    return contact


def find_contact(session: Session, channel: Channel, address: str) -> Contact | None:
    """The contact at `address`, under whichever key its hash was made."""
    hashes = keyring().blind_indexes(f"{channel}:{address}")
    query = select(Contact).where(Contact.channel == channel, Contact.address_hash.in_(hashes))
    return session.scalars(query).first()


def address_hash(channel: Channel, address: str) -> str:
    """The keyed hash under which `address` is found."""
    return keyring().blind_index(f"{channel}:{address}")


def _is_known(session: Session, inbound: Inbound) -> bool:
    query = select(Message.id).where(
        Message.channel == inbound.channel,
        Message.direction == Direction.IN,
        Message.provider_id == inbound.provider_id,
    )
    return session.scalars(query).first() is not None


@dataclass(frozen=True)
class Claim:
    """A message in a worker's hand until the lease runs out."""

    message_id: int
    lease: str
    attempts: int


def claim_next(database: Database) -> Claim | None:
    """Claims the oldest message whose contact has no earlier one waiting, or None."""
    if database.is_sqlite and not _is_any_due(database):
        return None  # asking must not take the one write lock from the webhooks
    with database.transaction() as session:
        at = shared_now(session)
        candidate = session.execute(_OLDEST_DUE, {"at": at}).first()
        if candidate is None:
            return None
        message_id, contact_id = candidate
        if not _holds_lane(session, message_id, contact_id, at):
            return None  # another worker is just claiming a message of the same person
        lease = secrets.token_hex(8)
        row = session.execute(
            update(Message)
            .where(Message.id == message_id, Message.state == Delivery.RECEIVED)
            .values(lease=lease, lease_until=at + LEASE, attempts=Message.attempts + 1)
            .returning(Message.id, Message.attempts)
        ).first()
    return Claim(row[0], lease, row[1]) if row else None


def _oldest_due(at: datetime | BindParameter[datetime]) -> Select[int, int | None]:
    earlier = aliased(Message)
    first_in_lane = ~exists().where(
        earlier.contact_id == Message.contact_id,
        earlier.direction == Direction.IN,
        earlier.state == Delivery.RECEIVED,
        or_(
            earlier.position < Message.position,
            and_(earlier.position == Message.position, earlier.id < Message.id),
            # Somebody has another message of this person in hand.
            and_(earlier.id != Message.id, earlier.lease_until > at),
        ),
    )
    return (
        select(Message.id, Message.contact_id)
        .where(TO_HANDLE, Message.next_attempt_at <= at, first_in_lane)
        .where(or_(Message.lease_until.is_(None), Message.lease_until < at))
        .order_by(Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


# Built once: a worker asks many times a second, and building it costs more than asking.
_OLDEST_DUE = _oldest_due(bindparam("at", type_=UTCTime()))


def _is_any_due(database: Database) -> bool:
    with database.reading() as session:
        return session.execute(_OLDEST_DUE, {"at": shared_now(session)}).first() is not None


def _holds_lane(session: Session, message_id: int, contact_id: int | None, at: datetime) -> bool:
    """Locks the contact for this transaction; False where somebody else claims or holds a message of theirs.

    Without it two workers could take two messages of one person at the same moment: each sees the
    other's lease only once it is committed.
    """
    contact = (
        select(Contact.id).where(Contact.id == contact_id).with_for_update(skip_locked=True, key_share=True)
    )
    if session.scalars(contact).first() is None:
        return False
    in_hand = select(Message.id).where(
        Message.contact_id == contact_id,
        Message.direction == Direction.IN,
        Message.state == Delivery.RECEIVED,
        Message.id != message_id,
        Message.lease_until > at,
    )
    return session.scalars(in_hand).first() is None


def release_leases(database: Database) -> None:
    """Gives up all leases: for the start of the only worker, after it was killed."""
    with database.transaction() as session:
        session.execute(
            update(Message).where(Message.state == Delivery.RECEIVED).values(lease=None, lease_until=None)
        )
