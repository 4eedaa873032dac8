"""Listings as CSV: taken over whole or not at all, with every bad cell named (docs/listings.md)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.files import BadFile
from bot.jobs import listings
from bot.models import Listing, ListingState, Operator
from bot.spreadsheets import Problem, read, write

_OWN = ("state", "signs")


def import_csv(session: Session, content: bytes, operator: Operator | None) -> tuple[int, int]:
    """Takes over all rows; how many, and how many of them wait for a moderator since they have signs of
    fraud. Raises BadFile and keeps nothing then."""
    rows, problems = read(content, tuple(listings.FIELDS), listings.REQUIRED)
    checked: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in rows:
        values, wrong = listings.check(row.cells)
        problems += [Problem(row.number, field, why) for field, why in wrong]
        reference = row.cells["reference"]
        if not reference:
            problems.append(Problem(row.number, "reference", "missing"))
        elif reference in seen:
            problems.append(Problem(row.number, "reference", "twice"))
        seen.add(reference)
        checked.append(values)
    if problems:
        raise BadFile(problems)
    kept = [listings.keep(session, values, operator, publish=True) for values in checked]
    return len(kept), sum(listing.state == ListingState.PENDING for listing in kept)


def export_csv(session: Session) -> bytes:
    """All listings with their state and signs, the newest first."""
    names = list(listings.FIELDS)
    rows = [
        [_text(getattr(listing, name)) for name in (*names, *_OWN)]
        for listing in session.scalars(select(Listing).order_by(Listing.id.desc()))
    ]
    return write([*names, *_OWN], rows)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(value)
    return "" if value is None else str(value)
