"""Searching conversations: by what is kept in the clear, and by words in the encrypted messages.

Words are found by decrypting and scanning, newest messages first, within stated limits. A keyed index
of words would make search complete, but it would also keep, for good, which conversations share which
words: whoever gets the database and one guess at a word could then tell whose messages hold it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, cast, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from bot import audit
from bot.models import Channel, Contact, Conversation, Escalation, Form, Message, Operator, WrapUp
from bot.permissions import Permission, allows
from bot.teams import seen_by
from nlu.khmer import normalise

MOST_RESULTS = 100
MOST_SCANNED = 5_000  # messages
LONGEST_SCAN = 3.0  # seconds
_BATCH = 250


@dataclass(frozen=True)
class Criteria:
    """What to look for; what is None or empty doesn't matter."""

    alias: str = ""
    number: int | None = None
    topic: str = ""
    outcome: str = ""
    channel: Channel | None = None
    form: Form | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass
class Found:
    """Conversations, newest first, and how far the search for words got."""

    conversations: list[Conversation] = field(default_factory=list)
    more: bool = False
    scanned: int = 0
    scanned_back_to: datetime | None = None
    complete: bool = True


def find(session: Session, operator: Operator, criteria: Criteria) -> Found:
    """The conversations that the operator sees and that fit. Audited without what was looked for.

    Raises PermissionError where words are given by somebody who may not search them.
    """
    words = normalise(criteria.words).casefold().strip()
    if words and not allows(operator, Permission.SEARCH_WORDS):
        raise PermissionError("words")
    matching = _query(operator, criteria)
    found = _with_words(session, matching, words) if words else _without_words(session, matching)
    detail = f"by:{','.join(_names(criteria))} found:{len(found.conversations)} scanned:{found.scanned}"
    audit.record(session, operator, "search", "conversations", detail[:128])
    return found


def _query(operator: Operator, criteria: Criteria) -> Select[Conversation]:
    conditions: list[ColumnElement[bool]] = [seen_by(operator)]
    if criteria.number is not None:
        conditions.append(Conversation.id == criteria.number)
    if criteria.alias:
        conditions.append(Contact.alias.icontains(criteria.alias, autoescape=True))
    if criteria.channel:
        conditions.append(Contact.channel == criteria.channel)
    if criteria.form:
        conditions.append(Contact.form == criteria.form)
    if criteria.outcome:
        conditions.append(Conversation.outcome == criteria.outcome)
    if criteria.topic:
        conditions.append(_about(criteria.topic))
    if criteria.since:
        conditions.append(Conversation.last_message_at >= criteria.since)
    if criteria.until:
        conditions.append(Conversation.opened_at < criteria.until)
    return (
        select(Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(*conditions)
        .options(selectinload(Conversation.contact), selectinload(Conversation.team))
    )


def _about(topic: str) -> ColumnElement[bool]:
    """Why it came to the queue, or what the operator wrapped it up as."""
    escalated = exists().where(Escalation.conversation_id == Conversation.id, Escalation.reason == topic)
    wrapped_up = exists().where(
        WrapUp.conversation_id == Conversation.id,
        cast(WrapUp.topics, Text).contains(f'"{topic}"', autoescape=True),
    )
    return or_(escalated, wrapped_up, Conversation.reason == topic)


def _without_words(session: Session, matching: Select[Conversation]) -> Found:
    rows = list(session.scalars(matching.order_by(Conversation.id.desc()).limit(MOST_RESULTS + 1)))
    return Found(rows[:MOST_RESULTS], more=len(rows) > MOST_RESULTS)


def _with_words(session: Session, matching: Select[Conversation], words: str) -> Found:
    """Decrypts the messages of what fits, newest first, until a limit is reached."""
    found = Found(complete=False)
    hits: dict[int, Conversation] = {}
    before: int | None = None
    deadline = time.monotonic() + LONGEST_SCAN
    fitting = matching.with_only_columns(Conversation.id)
    while found.scanned < MOST_SCANNED and len(hits) < MOST_RESULTS and time.monotonic() < deadline:
        batch = select(Message.id, Message.conversation_id, Message.body, Message.created_at).where(
            Message.conversation_id.in_(fitting)
        )
        if before is not None:
            batch = batch.where(Message.id < before)
        rows = session.execute(batch.order_by(Message.id.desc()).limit(_BATCH)).all()
        for _, conversation_id, body, _at in rows:
            if conversation_id in hits or conversation_id is None:
                continue
            if words in normalise(body).casefold():
                hits[conversation_id] = session.get_one(Conversation, conversation_id)
        found.scanned += len(rows)
        if rows:
            before, found.scanned_back_to = rows[-1].id, rows[-1].created_at
        if len(rows) < _BATCH:
            found.complete = True
            break
    found.conversations = list(hits.values())[:MOST_RESULTS]
    found.more = len(hits) >= MOST_RESULTS
    return found


def _names(criteria: Criteria) -> list[str]:
    """Which fields were filled in, never with what."""
    return [name for name, value in vars(criteria).items() if value]
