"""What managers changed over the files' defaults, seen by every process at once.

The first fact or sentence that is asked for within a database session compares a mark with the one
seen last; only where it differs are the changes read. A session keeps what it saw, so that no reply
mixes an old value with a new one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bot.models import ChangeMark, EditState, FactEdit, Form, WordEdit

FACTS = "facts"
WORDS = "words"


class Refused(Exception):
    """A change that can't be made; `problems` are names of what is wrong, told in words by the console."""

    def __init__(self, *problems: str) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True, eq=False)
class Overrides:
    """All changes in force: facts' contents by id, sentences by key and form."""

    facts: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    words: Mapping[tuple[str, Form], str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


_NONE = Overrides()
_SEEN = "overrides"
_session: ContextVar[Session | None] = ContextVar("session", default=None)
_tried: ContextVar[Overrides | None] = ContextVar("tried", default=None)
_newest: WeakKeyDictionary[Engine, Overrides] = WeakKeyDictionary()
_last = _NONE


def current() -> Overrides:
    """The changes as of the session that is open here, else the newest that this process has seen."""
    tried = _tried.get()
    if tried is not None:
        return tried
    session = _session.get()
    if session is None:
        return _last
    if _SEEN not in session.info:
        session.info[_SEEN] = _read(session)
    seen: Overrides = session.info[_SEEN]
    return seen


@contextmanager
def within(session: Session) -> Iterator[None]:
    """Facts and words are those of `session` inside."""
    before = _session.set(session)
    try:
        yield
    finally:
        _session.reset(before)


@contextmanager
def trying(
    facts: Mapping[str, dict[str, Any]] | None = None,
    words: Mapping[tuple[str, Form], str] | None = None,
) -> Iterator[None]:
    """As if these changes were in force too: for previews, nothing is stored."""
    base = current()
    tried = replace(base, facts={**base.facts, **(facts or {})}, words={**base.words, **(words or {})})
    before = _tried.set(tried)
    try:
        yield
    finally:
        _tried.reset(before)


@contextmanager
def shipped_alone() -> Iterator[None]:
    """As if nothing had been changed: what the files ship."""
    before = _tried.set(_NONE)
    try:
        yield
    finally:
        _tried.reset(before)


def mark_changed(session: Session, name: str) -> None:
    """Says that facts or words changed in this transaction; whoever reads after it commits sees them."""
    session.flush()
    mark = secrets.token_hex(8)  # never used before, so that neither a rollback nor a backup can repeat it
    changed = session.execute(update(ChangeMark).where(ChangeMark.name == name).values(mark=mark))
    if not getattr(changed, "rowcount", 0):
        session.add(ChangeMark(name=name, mark=mark))
        session.flush()
    session.info.pop(_SEEN, None)


def forget_all() -> None:
    """Starts anew, as a new process does."""
    global _last
    _last = _NONE
    _newest.clear()


def fingerprint(content: Any) -> str:
    """Sixteen characters that change with `content`."""
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _read(session: Session) -> Overrides:
    global _last
    connection = session.connection()  # past the session: asking for words must not flush its work
    marks = {row.name: row.mark for row in connection.execute(select(ChangeMark.name, ChangeMark.mark))}
    known = _newest.get(connection.engine)
    if known is None or known.marks != marks:
        facts = select(FactEdit.fact_id, FactEdit.content).where(FactEdit.state == EditState.IN_FORCE)
        words = select(WordEdit).where(WordEdit.state == EditState.IN_FORCE)
        known = Overrides(
            facts={row.fact_id: row.content for row in connection.execute(facts)},
            words={(row.key, Form(row.form)): row.words for row in connection.execute(words)},
            marks=marks,
        )
        _newest[connection.engine] = known
    _last = known
    return known
