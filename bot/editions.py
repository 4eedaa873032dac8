"""Texts that managers edit over a file's default: the newest edition holds, all of them are history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Edition, Operator

Content = dict[str, Any]


class EditedMeanwhile(Exception):
    """Somebody else saved a version after the one that the change was made from."""


def current(session: Session, kind: str, defaults: dict[str, Content]) -> dict[str, Content]:
    """The texts of `kind` that hold now by key: `defaults` with the newest editions over them."""
    newest = (
        select(Edition.key, func.max(Edition.version).label("version"))
        .where(Edition.kind == kind)
        .group_by(Edition.key)
        .subquery()
    )
    join = (Edition.key == newest.c.key) & (Edition.version == newest.c.version)
    held = dict(defaults)
    for edition in session.scalars(select(Edition).join(newest, join).where(Edition.kind == kind)):
        if edition.retired:
            held.pop(edition.key, None)
        elif edition.content is not None:
            held[edition.key] = edition.content
    return held


def history(session: Session, kind: str, key: str) -> list[Edition]:
    """All editions of one text, the newest first."""
    query = select(Edition).where(Edition.kind == kind, Edition.key == key)
    return list(session.scalars(query.order_by(Edition.version.desc())))


def retired(session: Session, kind: str) -> list[str]:
    """The keys of `kind` that are out of use."""
    keys = session.scalars(select(Edition.key).where(Edition.kind == kind, Edition.retired).distinct())
    return sorted(key for key in keys if history(session, kind, key)[0].retired)


def version(session: Session, kind: str, key: str) -> int:
    """The number of the newest edition; 0 where the file's default holds."""
    newest = select(func.max(Edition.version)).where(Edition.kind == kind, Edition.key == key)
    return session.scalar(newest) or 0


def save(
    session: Session,
    operator: Operator,
    kind: str,
    key: str,
    content: Content | None,
    *,
    based_on: int,
    retire: bool = False,
) -> Edition:
    """Makes `content` the text that holds (None: the file's default). Raises EditedMeanwhile where
    `based_on` isn't the newest version any more."""
    newest = version(session, kind, key)
    if newest != based_on:
        raise EditedMeanwhile
    edition = Edition(
        kind=kind, key=key, version=newest + 1, content=content, retired=retire, operator_id=operator.id
    )
    session.add(edition)
    session.flush()
    audit.record(session, operator, f"{kind}_edit", f"{kind}:{key}", f"version {edition.version}")
    return edition
