"""Facts that something speaks against: other sources, another fact, a test call, or a newer file."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import facts
from bot.fact_desk import calls
from bot.fact_desk.edits import version
from bot.models import CallOutcome, EditState, FactEdit

_FAILED = (CallOutcome.OUT_OF_SERVICE, CallOutcome.WRONG_PLACE)


@dataclass(frozen=True)
class Conflict:
    """`kind` is sources, other_fact, test_call or newer_file; `detail` is a text or what differs."""

    fact_id: str
    kind: str
    detail: str


def conflicts(session: Session) -> list[Conflict]:
    """Everything that speaks against a fact as it stands, in the order of facts."""
    found = [Conflict(f.id, "sources", f.conflict) for f in facts.facts().values() if f.conflict]
    found += [*_between_facts(), *_from_calls(session), *_from_files(session)]
    order = {fact_id: number for number, fact_id in enumerate(facts.facts())}
    found = [conflict for conflict in found if not facts.fact(conflict.fact_id).retired]
    return sorted(found, key=lambda conflict: order[conflict.fact_id])


def _between_facts() -> list[Conflict]:
    """Values that were the same number in the files, of which only some were changed."""
    same: dict[tuple[str, object], list[str]] = defaultdict(list)
    for fact_id, fact in facts.shipped().items():
        for name, value in fact.values.items():
            if "phone" in name:
                same[name, value].append(fact_id)
    found = []
    for (name, _), members in same.items():
        now = {fact_id: facts.fact(fact_id).values.get(name) for fact_id in members}
        if len(set(now.values())) > 1:
            detail = ", ".join(f"{fact_id}: {value}" for fact_id, value in now.items())
            found += [Conflict(fact_id, "other_fact", detail) for fact_id in members]
    return found


def _from_calls(session: Session) -> list[Conflict]:
    """Numbers that may be told although the newest call to them failed for good."""
    return [
        Conflict(fact_id, "test_call", f"{number}: {call.outcome}")
        for (fact_id, number), call in calls.newest(session).items()
        if call.outcome in _FAILED
        and number in calls.numbers(fact_id)
        and facts.fact(fact_id).is_tellable(facts.today())
    ]


def _from_files(session: Session) -> list[Conflict]:
    """Edits in force whose fact a later release ships otherwise."""
    query = select(FactEdit).where(FactEdit.state == EditState.IN_FORCE)
    return [
        Conflict(edit.fact_id, "newer_file", "")
        for edit in session.scalars(query)
        if edit.fact_id in facts.shipped()
        and version(facts.shipped()[edit.fact_id]) not in (edit.shipped, version(facts.fact(edit.fact_id)))
    ]
