"""Facts: every number, fee, place and rule that a reply tells, with its source, date and review.

A fact is told only when it is confirmed, may be published and isn't past its review date. The
emergency numbers alone are told even when a review is due.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import yaml

from bot.settings import ROOT

FOLDER = ROOT / "facts"
_FILES = ("documents", "jobs", "services", "geography", "context")
_CONFIRMED = "verified"
EMERGENCY = frozenset({"svc-police-117", "svc-ambulance-119", "svc-chc-1280", "svc-trafficking-1288"})


class MissingFact(Exception):
    """A reply names a fact or a value that isn't in facts/."""


@dataclass(frozen=True)
class Fact:
    id: str
    confidence: str
    source: str
    source_date: str
    checked_on: date
    checked_by: str
    review_due: date
    publish: bool
    values: dict[str, object] = field(default_factory=dict)

    def is_tellable(self, on: date) -> bool:
        """Whether a reply may tell this on the day `on` as a fact."""
        if not self.publish or self.confidence != _CONFIRMED:
            return False
        return self.id in EMERGENCY or on < self.review_due


def today() -> date:
    """The date in Phnom Penh (UTC+7 all year)."""
    return (datetime.now(UTC) + timedelta(hours=7)).date()


@cache
def facts() -> dict[str, Fact]:
    """All facts by id. Raises MissingFact where an entry lacks what every fact must have."""
    known: dict[str, Fact] = {}
    for name in _FILES:
        for entry in yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))["facts"]:
            fact = _read(entry)
            if fact.id in known:
                raise MissingFact(f"facts/{name}.yml: {fact.id} is there twice")
            known[fact.id] = fact
    return known


def fact(fact_id: str) -> Fact:
    """The fact `fact_id`. Raises MissingFact."""
    try:
        return facts()[fact_id]
    except KeyError:
        raise MissingFact(f"no fact {fact_id}") from None


def value(reference: str) -> object:
    """The value named `fact-id.value_name`. Raises MissingFact."""
    fact_id, _, name = reference.partition(".")
    try:
        return fact(fact_id).values[name]
    except KeyError:
        raise MissingFact(f"fact {fact_id} has no value {name}") from None


def are_tellable(fact_ids: list[str], on: date) -> bool:
    """Whether all these facts may be told on the day `on`; none at all may."""
    return all(fact(fact_id).is_tellable(on) for fact_id in fact_ids)


def _read(entry: dict[str, Any]) -> Fact:
    try:
        return Fact(
            id=entry["id"],
            confidence=entry["confidence"],
            source=entry["source"],
            source_date=str(entry["source_date"]),
            checked_on=date.fromisoformat(entry["checked_on"]),
            checked_by=entry["checked_by"],
            review_due=date.fromisoformat(entry["review_due"]),
            publish=entry.get("publish", True),
            values=entry.get("values", {}),
        )
    except (KeyError, ValueError) as error:
        raise MissingFact(f"fact {entry.get('id')}: {error}") from None
