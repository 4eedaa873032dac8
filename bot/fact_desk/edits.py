"""Changing a fact: with a source, at once, and through a second person where a wrong value would hurt.

A number that people call or a fee that they are told is changed by one person and approved by another;
until then the old value stands. What makes a fact told less (unpublished, unconfirmed) needs nobody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit, overrides
from bot.facts import CONFIDENCES, EMERGENCY, Fact, MissingFact, fact, facts, read, shipped, today
from bot.models import EditState, FactEdit, Operator
from bot.models.columns import now

_WEIGHTY = re.compile(r"phone|riel|usd|thb|fee|price|cost|website|url")
# A fee or a number to call within a sentence.
_CURRENCY = r"(?:\$|៛|฿|\b(?:usd|thb|khr|riels?|dollars?|baht)\b)"
_MONEY = re.compile(rf"{_CURRENCY}\s?\d|\d[\d,.]*\s?{_CURRENCY}", re.I)
_CALL = re.compile(r"\b(?:call|phone|telephone|hotline|dial|whatsapp|number)\b\D{0,40}\+?\d[\d ]{2,}", re.I)
_LONGEST = {"source": 1_000, "source_date": 100, "checked_by": 200, "statement_en": 600, "notes": 2_000}
_LONGEST |= {"conflict": 600, "phone": 200}
_LONGEST_VALUE = 120
_LONGEST_REASON = 1_000


class EditRefused(overrides.Refused):
    """An edit that can't be made."""


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a fact."""

    name: str
    before: object
    after: object


def propose(
    session: Session,
    author: Operator | None,
    fact_id: str,
    content: dict[str, Any],
    reason: str,
    based_on: str | None = None,
) -> FactEdit:
    """Puts `content` in force, or keeps it for a second person where it needs one (`state` says which).

    `based_on` is the fingerprint of the version that the author saw. Raises EditRefused.
    """
    before = _hold(session, fact_id)
    if based_on is not None and based_on != version(before):
        raise EditRefused("changed_meanwhile")
    content = {**before.as_content(), **content}
    if problems := what_is_wrong(before, content, reason):
        raise EditRefused(*problems)
    after = read(fact_id, content)
    if not differences(before, after):
        raise EditRefused("nothing_changed")
    session.execute(
        update(FactEdit)
        .where(FactEdit.fact_id == fact_id, FactEdit.state == EditState.PROPOSED)
        .values(state=EditState.WITHDRAWN, decided_at=now())
    )
    edit = _new(session, author, before, after, reason)
    if needs_second_person(before, after):
        audit.record(session, author, "propose_fact", f"fact:{fact_id}", f"edit {edit.id}")
    else:
        _put_in_force(session, edit)
        audit.record(session, author, "change_fact", f"fact:{fact_id}", f"edit {edit.id}")
    return edit


def first(session: Session, author: Operator | None, fact: Fact, reason: str) -> FactEdit:
    """Puts a fact in force that wasn't there before."""
    edit = _new(session, author, fact, fact, reason)
    _put_in_force(session, edit)
    audit.record(session, author, "add_fact", f"fact:{fact.id}", f"edit {edit.id}")
    return edit


def approve(session: Session, approver: Operator, edit_id: int) -> FactEdit:
    """Puts a proposed edit in force. Raises EditRefused for the author, or where the fact has moved on."""
    edit = _proposed(session, edit_id)
    if edit.author_id == approver.id:
        raise EditRefused("own_edit")
    standing = _hold(session, edit.fact_id)
    if version(standing) != edit.based_on:
        raise EditRefused("changed_meanwhile")
    if edit.content["review_due"] <= today().isoformat():
        raise EditRefused("review_not_ahead")
    edit.decided_by = approver.id
    _put_in_force(session, edit)
    audit.record(session, approver, "approve_fact", f"fact:{edit.fact_id}", f"edit {edit.id}")
    return edit


def reject(session: Session, approver: Operator, edit_id: int) -> FactEdit:
    """Ends a proposed edit; its author withdraws it so. Raises EditRefused where it isn't proposed."""
    edit = _proposed(session, edit_id)
    own = edit.author_id == approver.id
    edit.state = EditState.WITHDRAWN if own else EditState.REJECTED
    edit.decided_by, edit.decided_at = approver.id, now()
    action = "withdraw_fact" if own else "reject_fact"
    audit.record(session, approver, action, f"fact:{edit.fact_id}", f"edit {edit.id}")
    return edit


def history(session: Session, fact_id: str) -> list[FactEdit]:
    """All edits of a fact, the newest first."""
    return list(
        session.scalars(select(FactEdit).where(FactEdit.fact_id == fact_id).order_by(FactEdit.id.desc()))
    )


def proposed(session: Session) -> list[FactEdit]:
    """The edits that wait for a second person, the oldest first."""
    query = select(FactEdit).where(FactEdit.state == EditState.PROPOSED).order_by(FactEdit.id)
    return list(session.scalars(query))


def version(of: Fact) -> str:
    """The fingerprint of a version of a fact."""
    return overrides.fingerprint(of.as_content())


def differences(before: Fact, after: Fact) -> list[Change]:
    """What differs, each value by itself."""
    old, new = before.as_content(), after.as_content()
    old_values, new_values = old.pop("values"), new.pop("values")
    names = dict.fromkeys([*old, *new])
    found = [Change(n, old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n)]
    for name in sorted(old_values.keys() | new_values.keys()):
        if old_values.get(name) != new_values.get(name):
            found.append(Change(f"values.{name}", old_values.get(name), new_values.get(name)))
    return found


def needs_second_person(before: Fact, after: Fact) -> bool:
    """Whether the change could make people call another number, go to another page or pay another fee."""
    weighty = {name for name in (before.values.keys() | after.values.keys()) if _WEIGHTY.search(name)}
    if any(before.values.get(name) != after.values.get(name) for name in weighty):
        return True
    if before.phone != after.phone:
        return True
    # The same number, told as fact from now on.
    confirmed_now = after.confidence != before.confidence and after.confidence == CONFIDENCES[0]
    published_now = after.publish and not before.publish
    brought_back = before.retired and not after.retired
    told_now = confirmed_now or published_now or brought_back
    return told_now and bool(weighty or after.phone or _says_number(after.statement))


def _says_number(statement: str) -> bool:
    return bool(_MONEY.search(statement) or _CALL.search(statement))


def what_is_wrong(before: Fact, content: dict[str, Any], reason: str) -> list[str]:
    """The names of what keeps `content` from being a fact."""
    problems = []
    for name in ("source", "source_date", "checked_by", "statement_en"):
        if not str(content.get(name, "")).strip():
            problems.append(f"{name}_missing")
    problems += [f"{n}_too_long" for n, most in _LONGEST.items() if len(str(content.get(n, ""))) > most]
    if not reason.strip():
        problems.append("reason_missing")
    if content.get("confidence") not in CONFIDENCES:
        problems.append("confidence_unknown")
    try:
        after = read(before.id, content)
    except MissingFact:
        return [*problems, "dates_unreadable"]
    if after.checked_on > today():
        problems.append("checked_in_future")
    if after.review_due <= max(after.checked_on, today()) and _is_told_more(before, after):
        problems.append("review_not_ahead")
    if after.values.keys() != before.values.keys():
        problems.append("values_differ")
    elif any(not _is_same_kind(before.values[name], new) for name, new in after.values.items()):
        problems.append("value_unfit")
    told = after.publish and after.confidence == CONFIDENCES[0] and not after.retired
    if before.id in EMERGENCY and not told:
        problems.append("emergency_must_stand")
    return problems


def _is_told_more(before: Fact, after: Fact) -> bool:
    """Whether the edit does anything but take the fact back."""
    kept = {"confidence", "publish", "notes", "conflict", "retired"}
    return any(change.name not in kept for change in differences(before, after)) or (
        after.is_tellable(today()) and not before.is_tellable(today())
    )


def _is_same_kind(old: object, new: object) -> bool:
    if isinstance(old, int):
        return isinstance(new, int) and not isinstance(new, bool) and 0 <= new < 10**9
    return isinstance(new, str) and 0 < len(new.strip()) <= _LONGEST_VALUE and new.isprintable()


def _hold(session: Session, fact_id: str) -> Fact:
    """The fact as it stands, kept from changing until the transaction ends."""
    overrides.mark_changed(session, overrides.FACTS)  # also the lock: editors go one after the other
    if fact_id not in facts():
        raise EditRefused("no_such_fact")
    return fact(fact_id)


def _new(session: Session, author: Operator | None, before: Fact, after: Fact, reason: str) -> FactEdit:
    edit = FactEdit(
        fact_id=after.id,
        state=EditState.PROPOSED,
        content=after.as_content(),
        based_on=version(before),
        shipped=version(shipped()[after.id]) if after.id in shipped() else "",
        reason=reason.strip()[:_LONGEST_REASON],
        author_id=author.id if author else None,
    )
    session.add(edit)
    session.flush()
    return edit


def _proposed(session: Session, edit_id: int) -> FactEdit:
    edit = session.get(FactEdit, edit_id, with_for_update=True)
    if edit is None or edit.state != EditState.PROPOSED:
        raise EditRefused("not_proposed")
    return edit


def _put_in_force(session: Session, edit: FactEdit) -> None:
    session.execute(
        update(FactEdit)
        .where(FactEdit.fact_id == edit.fact_id, FactEdit.state == EditState.IN_FORCE)
        .values(state=EditState.REPLACED)
    )
    edit.state, edit.decided_at = EditState.IN_FORCE, now()
    overrides.mark_changed(session, overrides.FACTS)


def next_review(from_day: date, fact_before: Fact) -> date:
    """The review date to suggest: as long after the check as it was before."""
    return from_day + (fact_before.review_due - fact_before.checked_on)
