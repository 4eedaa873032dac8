"""Facts: every number, fee, place and rule that a reply tells, with its source, date and review.

The files in facts/ ship the defaults; what managers changed since (bot/fact_desk/) stands over them. A
fact is told only when it is confirmed, may be published and isn't past its review date. The emergency
numbers alone are told even when a review is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import yaml

from bot import overrides
from bot.settings import ROOT

FOLDER = ROOT / "facts"
FILES = ("documents", "jobs", "services", "geography", "context")
CONFIRMED = "verified"
CONFIDENCES = (CONFIRMED, "single-source", "unverified-memory")
EMERGENCY = frozenset({"svc-police-117", "svc-ambulance-119", "svc-chc-1280", "svc-trafficking-1288"})

Value = str | int


class MissingFact(Exception):
    """A reply names a fact or a value that isn't in facts/."""


@dataclass(frozen=True)
class Fact:
    """`statement` says in English what holds, `conflict` what sources disagree on, `phone` a number that no
    reply tells (what replies tell is in `values`); these are for managers. A `retired` one is kept for its
    history alone."""

    id: str
    confidence: str
    source: str
    source_date: str
    checked_on: date
    checked_by: str
    review_due: date
    publish: bool
    values: Mapping[str, Value] = field(default_factory=dict)
    topic: str = ""
    statement: str = ""
    notes: str = ""
    conflict: str = ""
    phone: str = ""
    retired: bool = False

    def is_tellable(self, on: date) -> bool:
        """Whether a reply may tell this on the day `on` as a fact."""
        if self.retired or not self.publish or self.confidence != CONFIRMED:
            return False
        return self.id in EMERGENCY or on < self.review_due

    def as_content(self) -> dict[str, Any]:
        """Everything but the id, as an edit keeps it and as a file has it."""
        content = {
            "topic": self.topic,
            "statement_en": self.statement,
            "source": self.source,
            "source_date": self.source_date,
            "checked_on": self.checked_on.isoformat(),
            "checked_by": self.checked_by,
            "review_due": self.review_due.isoformat(),
            "confidence": self.confidence,
            "publish": self.publish,
            "values": dict(self.values),
            "notes": self.notes,
            "conflict": self.conflict,
            "phone": self.phone,
        }
        return {**content, "retired": True} if self.retired else content


def today() -> date:
    """The date in Phnom Penh (UTC+7 all year)."""
    return (datetime.now(UTC) + timedelta(hours=7)).date()


def facts() -> Mapping[str, Fact]:
    """All facts by id as they stand now. Raises MissingFact where one lacks what every fact must have."""
    return _standing(overrides.current())


@cache
def shipped() -> Mapping[str, Fact]:
    """All facts by id as the files have them."""
    known: dict[str, Fact] = {}
    for name in FILES:
        for entry in yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))["facts"]:
            fact = read(entry["id"], entry)
            if fact.id in known:
                raise MissingFact(f"facts/{name}.yml: {fact.id} is there twice")
            known[fact.id] = fact
    return known


@lru_cache(maxsize=8)
def _standing(changes: overrides.Overrides) -> Mapping[str, Fact]:
    changed = {fact_id: read(fact_id, content) for fact_id, content in changes.facts.items()}
    return {**shipped(), **changed}


def fact(fact_id: str) -> Fact:
    """The fact `fact_id`. Raises MissingFact."""
    try:
        return facts()[fact_id]
    except KeyError:
        raise MissingFact(f"no fact {fact_id}") from None


def value(reference: str) -> Value:
    """The value named `fact-id.value_name`. Raises MissingFact."""
    fact_id, _, name = reference.partition(".")
    try:
        return fact(fact_id).values[name]
    except KeyError:
        raise MissingFact(f"fact {fact_id} has no value {name}") from None


def are_tellable(fact_ids: list[str], on: date) -> bool:
    """Whether all these facts may be told on the day `on`; none at all may."""
    return all(fact(fact_id).is_tellable(on) for fact_id in fact_ids)


def read(fact_id: str, entry: Mapping[str, Any]) -> Fact:
    """The fact in `entry`, an edit's content or a file's. Raises MissingFact where something is missing."""
    try:
        values = entry.get("values", {})
        numbers = (entry.get("phone"), entry.get("phone_alt"))
        return Fact(
            id=fact_id,
            confidence=entry["confidence"],
            source=entry["source"],
            source_date=str(entry["source_date"]),
            checked_on=date.fromisoformat(entry["checked_on"]),
            checked_by=entry["checked_by"],
            review_due=date.fromisoformat(entry["review_due"]),
            publish=entry.get("publish", True),
            values=values,
            topic=entry.get("topic", ""),
            statement=entry.get("statement_en", ""),
            notes=entry.get("notes", ""),
            conflict=entry.get("conflict", ""),
            retired=bool(entry.get("retired", False)),
            phone="" if "phone" in values else " ; ".join(str(number) for number in numbers if number),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise MissingFact(f"fact {fact_id}: {type(error).__name__} {error}") from None
