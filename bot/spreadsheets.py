"""Tables that come from and go to spreadsheet programs as CSV: read strictly, written harmlessly.

Reading reports every bad cell and takes over nothing unless all is right. Writing marks what a
spreadsheet program would run as a formula; reading takes that mark away again.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_ROWS = 5_000
LONGEST_CELL = 2_000
_MARK = "'"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_ZERO_WIDTH = "\u200b\u200c\u200d"  # Khmer marks breaks between words with these


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell: its row (the heading's is 1), column, and a short name of why."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {WHY.get(self.why, self.why)}"


# In plain English for the terminal; the console has its own words for each (console/labels).
WHY = {
    "not_text": "the file isn't UTF-8 text with commas; save it as CSV UTF-8",
    "empty_file": "the file has no rows",
    "too_many_rows": f"more than {MOST_ROWS} rows; split the file",
    "unknown_column": "this column isn't one of ours",
    "column_twice": "this column is there twice",
    "column_missing": "this column must be there",
    "too_many_cells": "more cells than columns",
    "too_long": "too long",
    "missing": "must not be empty",
    "hidden_character": "holds a character that can't be seen",
    "not_latin": "must be in plain Latin letters (ASCII)",
    "unknown_code": "isn't one of the values that are possible",
    "not_a_date": "must be a date like 2026-11-30",
    "not_a_number": "must be a whole number, not below 0",
    "too_high": "is too high to be true",
    "not_a_phone": "must be a phone number or a short code",
    "not_mail": "must be an e-mail address",
    "not_hours": "must be like Mo-Fr 07:30-11:30 14:00-17:00; Sa 08:00-12:00, or 24/7",
    "not_a_link": "must begin with https://",
    "in_the_past": "is in the past",
    "before_confirmed": "must be after the day of confirmation",
    "twice": "is in the file twice",
    "needs_confirmation": "what is published needs a day of confirmation and a review, or facts",
    "needs_address": "referrals by SMS need a number to go to",
    "needs_wage": "a job must say a wage in riel or dollars",
    "sensitive_published": "a sensitive service can't be published",
    "not_hsds": "isn't a list of HSDS services",
}


def read(content: bytes, columns: Sequence[str], required: Iterable[str]) -> tuple[list[Row], list[Problem]]:
    """The rows of a CSV file whose heading names `columns` (any order, those not `required` may be left
    out), and what is wrong with the file as such."""
    try:
        text = content.decode("utf-8-sig")
        if "\x00" in text:
            raise ValueError
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error, ValueError):
        return [], [Problem(1, "", "not_text")]
    if not lines:
        return [], [Problem(1, "", "empty_file")]
    heading = [name.strip() for name in lines[0]]
    problems = _heading_problems(heading, columns, required)
    body = [(number, line) for number, line in enumerate(lines[1:], start=2) if any(c.strip() for c in line)]
    if not body:
        problems.append(Problem(1, "", "empty_file"))
    if len(body) > MOST_ROWS:
        problems.append(Problem(MOST_ROWS + 2, "", "too_many_rows"))
    if problems:
        return [], problems
    rows = []
    for number, line in body:
        if len(line) > len(heading):
            problems.append(Problem(number, "", "too_many_cells"))
            continue
        cells = dict.fromkeys(columns, "") | {
            name: unmarked(cell.strip()) for name, cell in zip(heading, line, strict=False)
        }
        problems += [
            Problem(number, name, why) for name, cell in cells.items() if (why := _cell_problem(cell))
        ]
        rows.append(Row(number, cells))
    return rows, problems


@dataclass(frozen=True)
class Row:
    """One row of a file: its number there, and its cells by column."""

    number: int
    cells: dict[str, str]


def write(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file that a spreadsheet program opens in UTF-8 and never runs anything of."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([[marked(str(cell)) for cell in row] for row in rows])
    return "\ufeff".encode() + out.getvalue().encode()


def marked(cell: str) -> str:
    """`cell` as a spreadsheet program may have it."""
    return _MARK + cell if cell.startswith((*_FORMULA_STARTS, _MARK)) else cell


def unmarked(cell: str) -> str:
    """Takes away what `marked` added."""
    return cell[1:] if cell[:1] == _MARK and cell[1:].startswith((*_FORMULA_STARTS, _MARK)) else cell


def hides_something(text: str) -> bool:
    """Whether `text` has control or direction characters, which show other than what is there."""
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c not in _ZERO_WIDTH for c in text)


def _heading_problems(heading: list[str], columns: Sequence[str], required: Iterable[str]) -> list[Problem]:
    problems = [Problem(1, name[:40], "unknown_column") for name in heading if name not in columns]
    problems += [Problem(1, name, "column_twice") for name in columns if heading.count(name) > 1]
    return problems + [Problem(1, name, "column_missing") for name in required if name not in heading]


def _cell_problem(cell: str) -> str | None:
    if len(cell) > LONGEST_CELL:
        return "too_long"
    return "hidden_character" if hides_something(cell) else None
