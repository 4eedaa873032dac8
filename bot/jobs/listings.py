"""Listings: checked, kept, moderated, closed. Nothing is told to people before it is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.directory.entries import BadValue, one_of, phone, several_of, text
from bot.facts import today
from bot.jobs import fraud
from bot.jobs.lexicon import trades
from bot.models import Listing, ListingState, Operator
from bot.models.columns import now
from bot.places import districts, provinces

KINDS = ("job", "training")
PERIODS = ("day", "month")
LONGEST_OPEN = timedelta(days=366)
_HIGHEST_WAGE = 100_000_000
_MOST_PLACES = 100_000


class SignsOfFraud(Exception):
    """The listing has signs of fraud: it is published only with a moderator's reason."""


def day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise BadValue("not_a_date" if given else "missing") from None


def number(most: int) -> Callable[[str], int]:
    """Reads a whole number from 0 to `most`; commas and spaces between thousands are allowed."""

    def read(given: str) -> int:
        digits = given.replace(",", "").replace(" ", "") or "0"
        if not (digits.isascii() and digits.isdecimal()):
            raise BadValue("not_a_number")
        if len(digits) > 12 or int(digits) > most:
            raise BadValue("too_high")
        return int(digits)

    return read


def code(known: Callable[[], tuple[str, ...]], required: bool = True) -> Callable[[str], str | None]:
    """Reads one of `known`."""

    def read(given: str) -> str | None:
        if not given and not required:
            return None
        if given not in known():
            raise BadValue("unknown_code" if given else "missing")
        return given

    return read


def _phone(given: str) -> str:
    if not given:
        raise BadValue("missing")
    if len(given) > 32:
        raise BadValue("too_long")
    return phone(given)


FIELDS: dict[str, Callable[[str], Any]] = {
    "reference": text(64),
    "kind": code(lambda: KINDS),
    "trade": code(trades),
    "skills": several_of(lambda: frozenset(trades())),
    "province": code(lambda: tuple(provinces())),
    "district": code(lambda: tuple(districts()), required=False),
    "employer_km": text(120, required=True),
    "employer_latin": text(120, required=True, latin=True),
    "wage_khr": number(_HIGHEST_WAGE),
    "wage_usd": number(_HIGHEST_WAGE),
    "wage_period": one_of(PERIODS),
    "places": number(_MOST_PLACES),
    "phone": _phone,
    "closes_on": day,
    "description": text(2_000),
    "source": text(200, required=True),
    "source_date": day,
}
REQUIRED = (
    *("reference", "kind", "trade", "province", "employer_km", "employer_latin"),
    *("phone", "closes_on", "source", "source_date"),
)


def check(given: Mapping[str, str], on: date | None = None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values of a listing's texts, and what is wrong as (field, why)."""
    on = on or today()
    values: dict[str, Any] = {}
    wrong = []
    for name, read in FIELDS.items():
        try:
            values[name] = read(given.get(name, "").strip())
        except BadValue as problem:
            wrong.append((name, problem.why))
    if wrong:
        return values, wrong
    if values["closes_on"] < on:
        wrong.append(("closes_on", "in_the_past"))
    if values["closes_on"] > on + LONGEST_OPEN:
        wrong.append(("closes_on", "too_high"))
    if values["source_date"] > on:
        wrong.append(("source_date", "too_high"))
    if values["district"] and not values["district"].startswith(values["province"]):
        wrong.append(("district", "unknown_code"))
    if values["kind"] == "job" and not values["wage_khr"] and not values["wage_usd"]:
        wrong.append(("wage_khr", "needs_wage"))
    values["places"] = values["places"] or 1
    return values, wrong


def keep(
    session: Session,
    values: Mapping[str, Any],
    operator: Operator | None,
    *,
    publish: bool,
    link: int | None = None,
) -> Listing:
    """Stores a checked listing, new or under its reference. It is published only where the caller may
    (`publish`) and where there is no sign of fraud; else a moderator decides."""
    reference = values.get("reference") or None
    listing = None
    if reference:
        listing = session.scalars(select(Listing).where(Listing.reference == reference)).first()
    if listing is None:
        listing = Listing(reference=reference, employer_link_id=link)
        session.add(listing)
    before = {name: getattr(listing, name) for name in FIELDS if name != "reference"}
    for name in before:
        setattr(listing, name, values[name])
    listing.signs = fraud.signs_in_listing(
        _words(listing), listing.wage_usd, listing.wage_khr, listing.wage_period
    )
    if listing.state is None or any(getattr(listing, name) != old for name, old in before.items()):
        may = publish and not listing.signs
        listing.state = ListingState.PUBLISHED if may else ListingState.PENDING
        listing.alerted_at = None
        if may and operator:
            listing.moderated_by, listing.moderated_at = operator.id, now()
    session.flush()
    audit.record(session, operator, "listing_kept", f"listing:{listing.id}", listing.state)
    return listing


def publish(session: Session, listing: Listing, moderator: Operator, reason: str = "") -> None:
    """The moderator lets people see the listing. Raises SignsOfFraud where it has signs and no reason
    says why it is sound all the same."""
    if listing.signs and not reason.strip():
        raise SignsOfFraud
    _decide(session, listing, moderator, ListingState.PUBLISHED, reason)


def reject(session: Session, listing: Listing, moderator: Operator, reason: str) -> None:
    """The moderator refuses the listing, or takes it away."""
    _decide(session, listing, moderator, ListingState.REJECTED, reason)


def close(session: Session, listing: Listing, moderator: Operator) -> None:
    """The listing is filled or over."""
    _decide(session, listing, moderator, ListingState.CLOSED, "")


def expire(session: Session, on: date | None = None) -> int:
    """Closes what is past its closing date; how many."""
    ended = session.execute(
        update(Listing)
        .where(Listing.state.in_((ListingState.PUBLISHED, ListingState.PENDING)))
        .where(Listing.closes_on < (on or today()))
        .values(state=ListingState.CLOSED)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(ended, "rowcount", 0))


def _decide(
    session: Session, listing: Listing, moderator: Operator, state: ListingState, reason: str
) -> None:
    listing.state = state
    listing.reason = reason.strip()[:200]
    listing.moderated_by, listing.moderated_at = moderator.id, now()
    session.flush()
    audit.record(session, moderator, f"listing_{state}", f"listing:{listing.id}", ",".join(listing.signs))


def _words(listing: Listing) -> str:
    return f"{listing.description} {listing.employer_km} {listing.employer_latin} {listing.source}"
