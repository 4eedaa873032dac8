"""New facts, and taking old ones out of use.

A new fact tells nobody anything by itself: a place of the directory or a sentence of the files has to rest on
it. With a telephone number or a fee it is kept untold until a second person approves it. A retired fact stays
with its history; replies that rest on it say that it must be confirmed.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from bot import overrides
from bot.fact_desk.edits import EditRefused, first, needs_second_person, propose, what_is_wrong
from bot.facts import CONFIDENCES, MissingFact, facts, read, today
from bot.models import FactEdit, Operator

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_LONGEST_ID = 48
_TOPIC = re.compile(r"[a-z][a-z0-9_]{1,47}")
_VALUE_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_VALUES = 40
# The content of a fact of which nothing is known yet.
EMPTY: dict[str, Any] = {
    "topic": "",
    "statement_en": "",
    "source": "",
    "source_date": "",
    "checked_on": "",
    "checked_by": "",
    "review_due": "",
    "confidence": "",
    "publish": False,
    "values": {},
    "notes": "",
    "conflict": "",
    "phone": "",
}


def add(
    session: Session, author: Operator | None, fact_id: str, content: dict[str, Any], reason: str
) -> FactEdit:
    """Keeps a new fact: told from now on, or once a second person approved it (`state` says which).

    `content` is as in Fact.as_content. Raises EditRefused.
    """
    overrides.mark_changed(session, overrides.FACTS)  # also the lock: editors go one after the other
    if fact_id in facts():
        raise EditRefused("id_taken")
    untold = {**EMPTY, **content, "confidence": CONFIDENCES[-1], "publish": False}
    problems = _of_names(fact_id, content)
    try:
        before, after = read(fact_id, untold), read(fact_id, {**EMPTY, **content})
    except MissingFact:
        raise EditRefused(*problems, *_of_texts(content, reason), "dates_unreadable") from None
    problems += what_is_wrong(before, after.as_content(), reason)
    if after.review_due <= today() and "review_not_ahead" not in problems:
        problems.append("review_not_ahead")
    if problems:
        raise EditRefused(*problems)
    if not needs_second_person(before, after):
        return first(session, author, after, reason)
    first(session, author, before, reason)
    return propose(session, author, fact_id, after.as_content(), reason)


def retire(session: Session, author: Operator, fact_id: str, reason: str) -> FactEdit:
    """Takes a fact out of use, at once. Raises EditRefused."""
    return propose(session, author, fact_id, {"retired": True}, reason)


def bring_back(session: Session, author: Operator, fact_id: str, reason: str) -> FactEdit:
    """Takes a retired fact into use again; a number or fee waits for a second person. Raises EditRefused."""
    return propose(session, author, fact_id, {"retired": False}, reason)


def value(text: str, name: str) -> str | int:
    """A value as it was written: a number where it is one and nobody calls it."""
    plain = text.strip().replace(",", "")
    is_number = plain.isascii() and plain.isdecimal() and len(plain) < 10 and str(int(plain)) == plain
    return int(plain) if is_number and "phone" not in name else text.strip()


def _of_names(fact_id: str, content: dict[str, Any]) -> list[str]:
    values = content.get("values", {})
    found = []
    if not _ID.fullmatch(fact_id) or len(fact_id) > _LONGEST_ID:
        found.append("id_unfit")
    if not _TOPIC.fullmatch(str(content.get("topic", ""))):
        found.append("topic_unfit")
    fit = isinstance(values, dict) and all(_VALUE_NAME.fullmatch(str(name)) for name in values)
    if not fit or len(values) > _MOST_VALUES:
        found.append("value_name_unfit")
    return found


def _of_texts(content: dict[str, Any], reason: str) -> list[str]:
    needed = ("source", "source_date", "checked_by", "statement_en")
    missing = [f"{name}_missing" for name in needed if not str(content.get(name, "")).strip()]
    return missing + ([] if reason.strip() else ["reason_missing"])
