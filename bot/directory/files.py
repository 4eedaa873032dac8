"""The directory as a file: CSV of our own columns, and the entries shipped in facts/directory.yml."""

from __future__ import annotations

from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.directory import entries
from bot.facts import FOLDER, fact
from bot.models import Operator, Service
from bot.spreadsheets import Problem, read, write


class BadFile(Exception):
    """The file has problems; nothing of it was taken over."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def import_csv(session: Session, content: bytes, operator: Operator | None = None) -> int:
    """Takes over all rows of a CSV file, by key; how many. Raises BadFile and keeps nothing then."""
    rows, problems = read(content, tuple(entries.FIELDS), entries.REQUIRED)
    given = [(row.number, row.cells) for row in rows]
    return take_over(session, given, problems, operator)


def take_over(
    session: Session,
    given: list[tuple[int, dict[str, str]]],
    problems: list[Problem],
    operator: Operator | None,
    how: str = "import",
) -> int:
    """Checks all entries, then keeps all of them or none. Raises BadFile."""
    checked: list[dict[str, Any]] = []
    seen: set[str] = set()
    private = _private(session)
    for number, cells in given:
        # An exported file doesn't hold what is private; without it, what is stored stays.
        filled = cells | {
            name: private.get(cells.get("key", ""), {}).get(name, "")
            for name in entries.PRIVATE
            if not cells.get(name)
        }
        values, wrong = entries.check(filled)
        problems += [Problem(number, field, why) for field, why in wrong]
        if cells.get("key") in seen:
            problems.append(Problem(number, "key", "twice"))
        seen.add(cells.get("key", ""))
        checked.append(values)
    if problems:
        raise BadFile(problems)
    for values in checked:
        entries.keep(session, values, operator, how)
    return len(checked)


def export_csv(session: Session, public: bool = False) -> bytes:
    """All entries, or for the `public` what is published; never where referrals go."""
    columns = [name for name in entries.FIELDS if name not in entries.PRIVATE]
    rows = [entries.as_texts(service) for service in listed(session, public)]
    return write(columns, [[row[name] for name in columns] for row in rows])


def listed(session: Session, public: bool) -> list[Service]:
    """All entries in a fixed order; for the `public` only what may be published."""
    query = select(Service).options(joinedload(Service.organisation)).order_by(Service.key)
    if public:
        query = query.where(
            Service.published.is_(True), Service.active.is_(True), Service.sensitive.is_(False)
        )
    return list(session.scalars(query))


def seed(session: Session) -> int:
    """Adds the shipped entries that aren't there yet; what was edited or switched off stays."""
    known = set(session.scalars(select(Service.key)))
    new = [(0, entry) for entry in shipped() if entry["key"] not in known]
    return take_over(session, new, [], None, "seed")


def shipped() -> list[dict[str, str]]:
    """The entries of facts/directory.yml as flat texts."""
    data = yaml.safe_load((FOLDER / "directory.yml").read_text("utf-8"))
    organisations = {entry["key"]: entry for entry in data["organisations"]}
    return [_flat(entry, organisations[entry["organisation"]]) for entry in data["services"]]


def _flat(entry: dict[str, Any], organisation: dict[str, Any]) -> dict[str, str]:
    flat = {
        "key": entry["id"],
        "organisation_key": organisation["key"],
        "website": organisation.get("website", ""),
        "published": "yes" if entry.get("publish", True) else "no",
    }
    for form in ("km", "km_Latn", "en"):
        flat[f"organisation_{form}"] = organisation["name"][form]
        flat[f"name_{form}"] = entry["name"][form]
        flat[f"place_{form}"] = entry.get("place", {}).get(form, "")
    for name in entries.FIELDS:
        if name not in flat and name in entry:
            given = entry[name]
            flat[name] = "|".join(given) if isinstance(given, list) else _text(given)
    basis = fact(entry["facts"][0])
    return {"source": basis.source[:300], "source_date": basis.source_date[:64]} | flat


def _text(given: Any) -> str:
    return ("yes" if given else "no") if isinstance(given, bool) else str(given)


def _private(session: Session) -> dict[str, dict[str, str]]:
    services = session.scalars(select(Service).where(Service.referral_address.is_not(None)))
    notes = session.scalars(select(Service).where(Service.note != ""))
    return {
        service.key: {name: getattr(service, name) or "" for name in entries.PRIVATE}
        for service in (*services, *notes)
    }
