"""What must hold after any fault: nothing lost, nothing doubled, in order, and every failure at a human."""

from __future__ import annotations

import itertools
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.database import Database
from bot.inbox import SETTLE
from bot.models import Conversation, Delivery, Direction, Message, State
from tests.stand_ins import Providers

_IN_HUMAN_HANDS = (State.WAITING, State.WITH_OPERATOR)
_OVERTAKEN = SETTLE - timedelta(seconds=0.1)


@dataclass(frozen=True)
class Verdict:
    """How many messages broke each promise; all zero where all held."""

    lost: int  # acknowledged, and not in the database
    unhandled: int  # in the database, and not taken to an end
    unanswered: int  # ended without a reply and without a human
    doubled: int  # accepted by the provider more than once
    phantom: int  # marked as sent, and the provider never had it
    unsent: int  # neither sent nor seen by a human
    disordered: int  # answered before an earlier message of the same person
    unnoticed: int  # a failed turn whose person was not told, or that is not in the queue

    @property
    def broken(self) -> dict[str, int]:
        return {promise: number for promise, number in asdict(self).items() if number}


def wait_until_settled(database: Database, seconds: float) -> float:
    """Waits until no message is under way; how many seconds that took. Fails after `seconds`."""
    began = time.monotonic()
    under_way = or_(
        Message.state == Delivery.RECEIVED, Message.state.in_([Delivery.QUEUED, Delivery.SENDING])
    )
    left: int | None = None
    while True:
        try:
            with database.reading() as session:
                left = session.scalar(select(func.count(Message.id)).where(under_way))
        except SQLAlchemyError:
            left = None
        took = time.monotonic() - began
        if left == 0:
            return took
        assert took < seconds, f"{left} messages are still under way"
        time.sleep(0.3)


def judge(database: Database, providers: Providers, acknowledged: set[tuple[str, str]]) -> Verdict:
    """Compares what was acknowledged, what is kept and what the providers have."""
    with database.reading() as session:
        messages = list(session.scalars(select(Message).order_by(Message.id)))
        conversations = {c.id: c for c in session.scalars(select(Conversation))}
        chats = _chats(session)
    incoming = [m for m in messages if m.direction == Direction.IN]
    outgoing = [m for m in messages if m.direction == Direction.OUT and m.kind != "page"]
    replied = {m.reply_to_id for m in outgoing}
    kept = {(m.channel, m.provider_id) for m in incoming}
    in_queue = {c.id for c in conversations.values() if c.state in _IN_HUMAN_HANDS}
    sent = [m for m in outgoing if m.state in (Delivery.SENT, Delivery.DELIVERED)]
    times_at_sms = Counter(int(str(m["callback"]).rpartition("=")[2]) for m in providers.sms)
    at_telegram = Counter((m["chat_id"], m["text"]) for m in providers.telegram)
    rows_at_telegram = Counter(
        (chats[m.contact_id], m.body) for m in outgoing if m.channel == "telegram" and m.contact_id
    )
    told = {m.conversation_id for m in outgoing}
    failed = [c for c in conversations.values() if c.reason in ("brain_unavailable", "bot_failed")]
    return Verdict(
        lost=len(acknowledged - kept),
        unhandled=sum(m.state not in (Delivery.HANDLED, Delivery.QUARANTINED) for m in incoming),
        unanswered=sum(m.id not in replied and m.conversation_id not in in_queue for m in incoming),
        doubled=sum(times - 1 for times in times_at_sms.values() if times > 1)
        + sum(max(0, times - rows_at_telegram[key]) for key, times in at_telegram.items()),
        phantom=sum(m.channel == "sms" and m.id not in times_at_sms for m in sent)
        + max(0, sum(m.channel == "telegram" for m in sent) - at_telegram.total()),
        unsent=sum(
            m.state in (Delivery.QUEUED, Delivery.SENDING)
            or (m.state == Delivery.FAILED and m.conversation_id not in in_queue)
            for m in outgoing
        ),
        disordered=_disordered(incoming, outgoing),
        unnoticed=sum(c.id not in in_queue or c.id not in told for c in failed),
    )


def _chats(session: Session) -> dict[int, int]:
    from bot.models import Contact

    telegram = select(Contact).where(Contact.channel == "telegram")
    return {contact.id: int(contact.address) for contact in session.scalars(telegram)}


def _disordered(incoming: list[Message], outgoing: list[Message]) -> int:
    """Replies to a later message that were queued before the reply to an earlier one.

    What arrived so late that the later one was rightly handled before doesn't count.
    """
    first_reply: dict[int, int] = {}
    for reply in outgoing:
        if reply.reply_to_id is not None:
            first_reply.setdefault(reply.reply_to_id, reply.id)
    lanes = defaultdict(list)
    for message in incoming:
        if message.id in first_reply:
            lanes[message.contact_id].append(message)
    wrong = 0
    for lane in lanes.values():
        lane.sort(key=lambda message: (message.position, message.id))
        for earlier, later in itertools.pairwise(lane):
            in_time = earlier.created_at - later.created_at < _OVERTAKEN
            wrong += in_time and first_reply[later.id] < first_reply[earlier.id]
    return wrong
