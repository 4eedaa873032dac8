"""Links by which one partner employer enters listings without an account; a moderator decides on each."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.facts import today
from bot.jobs import listings
from bot.models import EmployerLink, Listing, Operator
from bot.models.columns import now

VALID_FOR = timedelta(days=90)
_MOST_A_DAY = 20


class TooMany(Exception):
    """The employer has entered as many listings as a day allows."""


def issue(session: Session, employer: str, manager: Operator) -> tuple[EmployerLink, str]:
    """A new link for `employer`, and its token, which is told once and kept only as a hash."""
    token = secrets.token_urlsafe(24)
    link = EmployerLink(
        employer=employer.strip()[:120],
        token_hash=hash_of(token),
        created_by=manager.id,
        expires_at=now() + VALID_FOR,
    )
    session.add(link)
    session.flush()
    audit.record(session, manager, "employer_link_issued", f"employer_link:{link.id}")
    return link, token


def revoke(session: Session, link: EmployerLink, manager: Operator) -> None:
    """Closes the link; what was entered by it stays."""
    link.revoked_at = link.revoked_at or now()
    audit.record(session, manager, "employer_link_revoked", f"employer_link:{link.id}")


def open_link(session: Session, token: str) -> EmployerLink | None:
    """The link of `token`, None where it doesn't exist, has expired or was revoked."""
    link = session.scalars(select(EmployerLink).where(EmployerLink.token_hash == hash_of(token))).first()
    if link is None or link.revoked_at or link.expires_at <= now():
        return None
    return link


def submit(
    session: Session, link: EmployerLink, given: Mapping[str, str]
) -> tuple[Listing | None, list[tuple[str, str]]]:
    """Keeps what the employer entered until a moderator decides; or what is wrong, as (field, why).

    Raises TooMany.
    """
    since = now() - timedelta(days=1)
    entered = select(func.count(Listing.id)).where(
        Listing.employer_link_id == link.id, Listing.created_at > since
    )
    if (session.scalar(entered) or 0) >= _MOST_A_DAY:
        raise TooMany
    day = today().isoformat()
    source = {"source": f"employer: {link.employer}", "source_date": day, "reference": ""}
    values, wrong = listings.check({**given, **source})
    if wrong:
        return None, wrong
    return listings.keep(session, values, None, publish=False, link=link.id), []


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
