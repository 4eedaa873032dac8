"""Finding listings: by trade and province, near first; by the skills that a person brought home."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.facts import today
from bot.models import Contact, Listing, ListingState, Skill
from bot.places import provinces

_MOST = 200


def find(
    session: Session,
    kind: str,
    *,
    trade: str | None = None,
    province: str | None = None,
    skills: Collection[str] = (),
    on: date | None = None,
) -> list[Listing]:
    """Open published listings of `kind` that fit. A trade that is named must fit, and so must the place
    (the province or a neighbour); skills only order what is found. The nearest and best fit come first,
    then what closes soonest."""
    near = (province, *provinces()[province].neighbours) if province in provinces() else ()
    query = (
        select(Listing)
        .where(Listing.state == ListingState.PUBLISHED, Listing.kind == kind)
        .where(Listing.closes_on >= (on or today()))
        .order_by(Listing.closes_on, Listing.id)
    )
    if near:
        query = query.where(Listing.province.in_(near))
    found = [one for one in session.scalars(query) if trade is None or fits(one, trade)]
    ranked = sorted(
        found,
        key=lambda one: (
            near.index(one.province) if near else 0,
            trade is not None and one.trade != trade,
            not any(fits(one, skill) for skill in skills),
        ),
    )
    return ranked[:_MOST]


def fits(listing: Listing, trade: str) -> bool:
    """Whether the listing is for `trade`, in the first place or among others."""
    return trade == listing.trade or trade in listing.skills


def skills_of(session: Session, contact: Contact) -> list[str]:
    """The trades that the person told us they know from abroad, kept by their consent."""
    return list(session.scalars(select(Skill.trade).where(Skill.contact_id == contact.id)))
