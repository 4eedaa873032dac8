"""Safe contact: whether, and when, a person may be written to without putting them in danger.

Answers to what a person has just written are always safe to send to the phone in their hand, unless
the code word said that somebody else holds it. Everything else that goes out asks `may_write` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlalchemy.orm import Session

from bot import picks, unsafe_words
from bot.models import Contact
from nlu.khmer import normalise

CODE_WORD = "code_word"  # the reason in the queue
PHNOM_PENH = timezone(timedelta(hours=7))
_SHORTEST_WORD, _LONGEST_WORD = 2, 40


class Refused(StrEnum):
    """Why a word can't be a code word."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    MEANS_SOMETHING = "means_something"


class BadCodeWord(Exception):
    """The word can't be a code word; `why` says what is wrong with it."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why)
        self.why = why


class Danger(StrEnum):
    """Why a message to a person may put them in danger now."""

    NOT_SAFE = "not_safe"
    COVERED = "covered"
    QUIET_HOURS = "quiet_hours"
    WORDS = "words"


@dataclass(frozen=True)
class Concern:
    """One danger, and for Danger.WORDS the words that are meant."""

    danger: Danger
    words: tuple[str, ...] = ()


def may_write(contact: Contact, at: datetime) -> bool:
    """Whether the service may write to `contact` at the time `at` without having been written to.

    False where the person ended messages, said that texting isn't safe, used the code word, or
    asked not to be written to at this hour. `writable` is the same rule as a condition of a query.
    """
    if contact.stopped_at or contact.blocked_at:
        return False
    if contact.safe_to_text is False or contact.covered_since:
        return False
    return not is_quiet(contact, at)


def writable(at: datetime) -> ColumnElement[bool]:
    """The condition on Contact that `may_write` is true at the time `at`."""
    hour = literal(at.astimezone(PHNOM_PENH).hour)
    after, before = Contact.quiet_from <= hour, hour < Contact.quiet_until
    over_midnight = Contact.quiet_from > Contact.quiet_until
    quiet = case((over_midnight, or_(after, before)), else_=and_(after, before))
    return and_(
        Contact.stopped_at.is_(None),
        Contact.blocked_at.is_(None),
        Contact.safe_to_text.is_not(False),
        Contact.covered_since.is_(None),
        or_(Contact.quiet_from.is_(None), Contact.quiet_until.is_(None), ~quiet),
    )


def is_quiet(contact: Contact, at: datetime) -> bool:
    """Whether `at` lies in the hours in which the person asked not to be written to."""
    first, last = contact.quiet_from, contact.quiet_until
    if first is None or last is None:
        return False
    hour = at.astimezone(PHNOM_PENH).hour
    return (hour >= first or hour < last) if first > last else first <= hour < last


def concerns(contact: Contact, text: str, at: datetime) -> list[Concern]:
    """What speaks against sending `text` to the person now; an operator weighs and confirms it."""
    found = []
    if contact.safe_to_text is False:
        found.append(Concern(Danger.NOT_SAFE))
    if contact.covered_since:
        found.append(Concern(Danger.COVERED))
    if is_quiet(contact, at):
        found.append(Concern(Danger.QUIET_HOURS))
    words = unsafe_words.found_in(text)
    if words:
        found.append(Concern(Danger.WORDS, tuple(words)))
    return found


def as_code_word(text: str) -> str:
    """`text` as it is kept and compared: one spelling, without capitals and signs around it."""
    return normalise(text).casefold().strip(" .,!?។\"'()")


def check_code_word(text: str) -> str:
    """The code word `text` as it is kept. Raises BadCodeWord."""
    word = as_code_word(text)
    if len(word) < _SHORTEST_WORD:
        raise BadCodeWord(Refused.TOO_SHORT)
    if len(word) > _LONGEST_WORD:
        raise BadCodeWord(Refused.TOO_LONG)
    if picks.number(word) is not None or picks.has_meaning(word):
        raise BadCodeWord(Refused.MEANS_SOMETHING)
    return word


def code_words(session: Session, contact: Contact) -> frozenset[str]:
    """The code words of the person behind `contact`, on whichever of their linked channels."""
    words = {contact.code_word}
    if contact.person_id is not None:
        linked = select(Contact.code_word).where(Contact.person_id == contact.person_id)
        words.update(session.scalars(linked))
    return frozenset(word for word in words if word)


def forget(contact: Contact) -> None:
    """Takes away everything that the person told about how to reach them."""
    contact.safe_to_text = contact.quiet_from = contact.quiet_until = None
    contact.code_word = contact.contact_note = contact.covered_since = contact.person_id = None
    contact.prefers_call = False
