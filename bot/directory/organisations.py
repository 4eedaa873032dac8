"""An organisation by itself: checked, kept with its history, whether or not it offers a service yet."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.directory.entries import ORGANISATION, BadValue
from bot.models import DirectoryChange, Operator, Organisation

# A field of the form and the attribute that it is kept in.
FIELDS = {
    "organisation_key": "key",
    "organisation_km": "name_km",
    "organisation_km_Latn": "name_km_Latn",
    "organisation_en": "name_en",
    "website": "website",
}
REQUIRED = tuple(name for name in FIELDS if name != "website")


class KeyTaken(ValueError):
    """Another organisation has this key."""


def check(given: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The values of an organisation's texts, and what is wrong as (field, why)."""
    values, wrong = {}, []
    for name in FIELDS:
        try:
            values[name] = ORGANISATION[name](given.get(name, "").strip())
        except BadValue as problem:
            wrong.append((name, problem.why))
    return values, wrong


def as_texts(organisation: Organisation) -> dict[str, str]:
    """The organisation as the texts that `check` reads."""
    return {name: getattr(organisation, attribute) for name, attribute in FIELDS.items()}


def keep(
    session: Session, values: Mapping[str, str], operator: Operator, organisation: Organisation | None = None
) -> Organisation:
    """Stores checked `values`, in `organisation` or as a new one, with the change in its history. The key
    of one that exists stays. Raises KeyTaken."""
    before = as_texts(organisation) if organisation is not None else dict.fromkeys(FIELDS, "")
    if organisation is None:
        taken = select(Organisation.id).where(Organisation.key == values["organisation_key"])
        if session.scalars(taken).first() is not None:
            raise KeyTaken
        organisation = Organisation(key=values["organisation_key"])
        session.add(organisation)
    for name, attribute in FIELDS.items():
        if attribute != "key":
            setattr(organisation, attribute, values[name])
    session.flush()
    changed = {
        name: [before[name], new] for name, new in as_texts(organisation).items() if before[name] != new
    }
    if changed:
        session.add(
            DirectoryChange(
                organisation_id=organisation.id, operator_id=operator.id, how="edit", fields=changed
            )
        )
        audit.record(session, operator, "directory_edit", f"organisation:{organisation.id}")
    return organisation


def history(session: Session, organisation: Organisation, most: int = 30) -> list[DirectoryChange]:
    """The changes of the organisation by itself, newest first."""
    query = select(DirectoryChange).where(DirectoryChange.organisation_id == organisation.id)
    return list(session.scalars(query.order_by(DirectoryChange.id.desc()).limit(most)))


def listed(session: Session) -> list[Organisation]:
    """All organisations by name."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name_en, Organisation.id)))
