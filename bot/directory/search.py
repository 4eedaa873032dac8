"""Finding the services for a need near a place: in the province, in its neighbours, then nation-wide."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.facts import MissingFact, are_tellable, today, value
from bot.models import Capacity, Form, Service
from bot.places import provinces

NATION_WIDE = ""


@dataclass(frozen=True)
class Found:
    """A service, and the code of the province that it was found in ("" where it serves all)."""

    service: Service
    province: str


def find(
    session: Session,
    *,
    need: str | None = None,
    kinds: Collection[str] = (),
    province: str | None = None,
    for_operator: bool = False,
) -> list[Found]:
    """The services of `kinds` (in this order) and for `need`, or all; the nearest first.

    People are told only what is published and not sensitive; an operator sees all that is active.
    Without a province only nation-wide services are near.
    """
    query = select(Service).where(Service.active.is_(True)).options(joinedload(Service.organisation))
    if not for_operator:
        query = query.where(Service.published.is_(True), Service.sensitive.is_(False))
    order = list(kinds)
    near = _near(province)
    found = []
    for service in session.scalars(query):
        if service.kind not in order and need not in service.needs and (order or need):
            continue
        where = _where(service, near) if province or not for_operator else (service.provinces or [""])[0]
        if where is not None:
            found.append(Found(service, where))
    return sorted(found, key=lambda f: _rank(f, near, order))


def is_tellable(service: Service, on: date | None = None) -> bool:
    """Whether what the entry says may be told as fact: published, confirmed, and not due for review."""
    on = on or today()
    if not service.published or not service.active:
        return False
    try:
        if service.facts and not are_tellable(list(service.facts), on):
            return False
    except MissingFact:
        return False
    if service.confirmed_on is None:
        return bool(service.facts)  # its facts have checks and reviews of their own
    return service.review_due is not None and service.confirmed_on <= on < service.review_due


def phone_of(service: Service, on: date | None = None) -> str:
    """The number that people may be told, "" where there is none: a fact's number only while the fact
    may be told."""
    if service.phone_fact:
        source = service.phone_fact.partition(".")[0]
        try:
            return str(value(service.phone_fact)) if are_tellable([source], on or today()) else ""
        except MissingFact:
            return ""
    return service.phone


def name_of(service: Service, form: Form) -> str:
    return {"km": service.name_km, "km_Latn": service.name_km_Latn, "en": service.name_en}[form]


def place_of(service: Service, form: Form) -> str:
    return {"km": service.place_km, "km_Latn": service.place_km_Latn, "en": service.place_en}[form]


def _near(province: str | None) -> tuple[str, ...]:
    if province not in provinces():
        return ()
    return (province, *provinces()[province].neighbours)


def _where(service: Service, near: tuple[str, ...]) -> str | None:
    if not service.provinces:
        return NATION_WIDE
    return next((code for code in near if code in service.provinces), None)


def _rank(found: Found, near: tuple[str, ...], kinds: list[str]) -> tuple[bool, int, int, bool, str]:
    service = found.service
    distance = near.index(found.province) if found.province in near else len(near)
    kind = kinds.index(service.kind) if service.kind in kinds else len(kinds)
    return service.capacity == Capacity.FULL, distance, kind, not is_tellable(service), service.key
