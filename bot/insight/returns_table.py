"""Official returns by province as a table that a manager brings in: a fact with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from bot import facts, spreadsheets
from bot.fact_desk import additions
from bot.models import FactEdit, Operator
from bot.places import provinces
from bot.spreadsheets import Problem, Row

COLUMNS = ("province", "people")
FACT = "ctx-returns-by-province-"
_MOST = 2_000_000  # people; more than came back to all provinces together


class BadTable(Exception):
    """A file that can't be taken over; `problems` name every wrong cell."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Origin:
    """Where a table comes from, who checked it, and until when it may be shown."""

    source: str
    source_date: date
    checked_by: str
    review_due: date


def take_over(session: Session, author: Operator, content: bytes, origin: Origin) -> FactEdit:
    """Keeps the table of a CSV file whole, as the fact of its source's date. Raises BadTable, EditRefused."""
    rows, problems = spreadsheets.read(content, COLUMNS, COLUMNS)
    people: dict[str, int] = {}
    for row in rows:
        code, number, wrong = _read(row, people)
        problems += wrong
        if code:
            people[code] = number
    if problems:
        raise BadTable(problems)
    fact: dict[str, Any] = {
        "topic": "numbers",
        "statement_en": f"Official counts of people who came back, for {len(people)} provinces.",
        "source": origin.source.strip(),
        "source_date": origin.source_date.isoformat(),
        "checked_on": facts.today().isoformat(),
        "checked_by": origin.checked_by.strip(),
        "review_due": origin.review_due.isoformat(),
        "confidence": facts.CONFIRMED,
        "publish": True,
        "values": {f"province_{code}": number for code, number in sorted(people.items())},
    }
    return additions.add(session, author, f"{FACT}{origin.source_date:%Y%m%d}", fact, "returns by province")


def newest() -> facts.Fact | None:
    """The table with the latest source that may be told today."""
    tables = [fact for fact in facts.facts().values() if fact.id.startswith(FACT)]
    standing = [fact for fact in tables if fact.is_tellable(facts.today())]
    return max(standing, key=lambda fact: fact.source_date, default=None)


def by_province(table: facts.Fact) -> dict[str, int]:
    """The table's people by the province's code."""
    return {name.removeprefix("province_"): int(number) for name, number in table.values.items()}


def _read(row: Row, before: dict[str, int]) -> tuple[str | None, int, list[Problem]]:
    """The row's province and people, and what is wrong with them; a wrong number is 0."""
    named, told = row.cells["province"], row.cells["people"].replace(",", "")
    number = int(told) if told.isascii() and told.isdecimal() else None
    code = _codes().get(" ".join(named.casefold().split()).removesuffix(" province"))
    problems = []
    if code is None:
        problems.append(Problem(row.number, "province", "unknown_code"))
    elif code in before:
        problems.append(Problem(row.number, "province", "twice"))
    if number is None:
        problems.append(Problem(row.number, "people", "not_a_number"))
    elif number > _MOST:
        problems.append(Problem(row.number, "people", "too_high"))
    return code, number or 0, problems


def _codes() -> dict[str, str]:
    """Provinces by code (with or without its zero) and by their names in every form."""
    found: dict[str, str] = {}
    for code, province in provinces().items():
        names = (code, str(int(code)), *province.names.values())
        found |= {name.casefold(): code for name in names}
    return found
