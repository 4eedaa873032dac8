"""Facts going out and in: a table for partners, and the changes as the files in facts/ have them."""

from __future__ import annotations

import csv
import io
from typing import Any

import yaml
from sqlalchemy.orm import Session

from bot import facts
from bot.fact_desk.additions import EMPTY, add
from bot.fact_desk.edits import differences, propose
from bot.models import FactEdit, Operator

COLUMNS = (
    "id",
    "topic",
    "statement",
    "values",
    "confidence",
    "source",
    "source date",
    "checked on",
    "review due",
)
_FIELDS = {*EMPTY, "retired"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class UnreadableFile(Exception):
    """A file that isn't a list of facts; the text says where."""


def for_partners() -> str:
    """The published facts as CSV (UTF-8), without our notes. A cell never begins as a formula does."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for fact in facts.facts().values():
        if fact.publish and not fact.retired:
            values = "; ".join(f"{name}: {value}" for name, value in fact.values.items())
            row = (fact.id, fact.topic, fact.statement, values, fact.confidence, fact.source)
            dates = (fact.source_date, fact.checked_on.isoformat(), fact.review_due.isoformat())
            writer.writerow([_safe(cell) for cell in (*row, *dates)])
    return out.getvalue()


def changed() -> str:
    """The facts that differ from the files, as YAML in the files' own form, for facts/ or another place."""
    entries = [
        {"id": fact.id, **{name: value for name, value in fact.as_content().items() if value != ""}}
        for fact in facts.facts().values()
        if fact.id not in facts.shipped() or differences(facts.shipped()[fact.id], fact)
    ]
    return yaml.safe_dump({"facts": entries}, allow_unicode=True, sort_keys=False, width=100)


def read_in(session: Session, text: str, reason: str, author: Operator | None = None) -> list[FactEdit]:
    """Proposes what differs or is new in `text` (as `changed` or a file of facts/ has it); all or nothing.

    Phone numbers and fees wait for an operator's approval, as ever. Raises UnreadableFile, EditRefused.
    """
    try:
        entries = yaml.safe_load(text)["facts"]
        contents = {str(entry["id"]): _content(entry) for entry in entries}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableFile(f"not a list of facts: {type(error).__name__}") from None
    edits = []
    for fact_id, content in contents.items():
        if fact_id not in facts.facts():
            edits.append(add(session, author, fact_id, content, reason))
            continue
        standing = facts.fact(fact_id)
        try:
            wanted = facts.read(fact_id, {**standing.as_content(), **content})
        except facts.MissingFact as problem:
            raise UnreadableFile(str(problem)) from None
        if differences(standing, wanted):
            edits.append(propose(session, author, fact_id, content, reason))
    return edits


def _content(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in _FIELDS}


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
