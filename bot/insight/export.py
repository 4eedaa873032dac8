"""The published tables as CSV and XLSX, with the codes, their words and what each table counts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import xlsxwriter

from bot import spreadsheets
from bot.insight import briefing, words
from bot.insight.disclosure import Key
from bot.insight.known_returns import known_returns
from bot.insight.periods import Period
from bot.insight.snapshots import Published

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
COLUMNS = ("period", "table", "row", "row_words", "column", "column_words", "people")
REACH_COLUMNS = ("known_returns", "reached_of_10000")  # of provinces, where returns are known by province
_HIDDEN = "hidden"


def content(
    kind: str,
    brand: str,
    period: Period,
    tables: dict[str, Published],
    published_on: date,
    language: str,
    invented: bool,
) -> bytes:
    """The period as a file of `kind`, one of KINDS; the briefing is in both languages."""
    if kind == "csv":
        return csv(period, tables, language)
    if kind == "xlsx":
        return xlsx(period, tables, language)
    return briefing.pdf(brand, period, tables, published_on, invented)


def csv(period: Period, tables: dict[str, Published], language: str) -> bytes:
    """One line a cell. What is hidden says so, and a cell that looks like a formula is marked as text."""
    lines = (
        (
            period.name,
            name,
            *_cell(table, key, language),
            _HIDDEN if count is None else count,
            *(_reached(table, key[0], count) or ("", "")),
        )
        for name, table in tables.items()
        for key, count in table.cells.items()
    )
    return spreadsheets.write((*COLUMNS, *REACH_COLUMNS), lines)


def xlsx(period: Period, tables: dict[str, Published], language: str) -> bytes:
    """A sheet a table. Everything is written as text or as a number, never as a formula."""
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **plain}) as book:
        bold = book.add_format({"bold": True})
        for name, table in tables.items():
            sheet = book.add_worksheet(name[:31])
            sheet.set_column(0, 0, 34)
            sheet.write_string(0, 0, f"{words.title(name, language)} · {period.name}", bold)
            if name != "everyone":
                sheet.write_string(1, 0, words.definition(name, language))
            for line, cells in enumerate(_grid(table, language), start=3):
                for column, cell in enumerate(cells):
                    if isinstance(cell, int | float):
                        sheet.write_number(line, column, cell)
                    else:
                        sheet.write_string(line, column, cell, bold if line == 3 else None)
    return out.getvalue()


def _cell(table: Published, key: tuple[str, ...], language: str) -> tuple[str, str, str, str]:
    row, column = key[0], key[1] if len(key) > 1 else ""
    of_column = words.code(table.axes[1], column, language) if column else ""
    return row, words.code(table.axes[0], row, language), column, of_column


def _reached(table: Published, province: str, people: int | None) -> tuple[int | str, float | str] | None:
    """How many came back to `province` and how many of 10,000 wrote; None where no table says so."""
    known = known_returns() if table.axes == ("province",) else None
    if known is None or not known.by_province:
        return None
    reach = known.reach(province, people)
    return known.by_province.get(province, ""), "" if reach is None else round(reach, 1)


def _grid(table: Published, language: str) -> Iterator[list[str | float]]:
    hidden = words.phrase("hidden", language)
    people = words.phrase("people", language)
    if table.name == "everyone":
        yield [people]
        yield [hidden if table.people is None else table.people]
        return
    columns = table.columns
    heads = [words.code(table.axes[1], column, language) for column in columns] or [people]
    if table.rows and _reached(table, table.rows[0], None):
        heads += [words.phrase("known_returns", language), words.phrase("reach", language)]
    yield [words.axis(table.axes[0], language), *heads]
    for row in table.rows:
        keys: list[Key] = [(row, column) for column in columns] or [(row,)]
        counts = [table.cells[key] for key in keys]
        yield [
            words.code(table.axes[0], row, language),
            *(hidden if count is None else count for count in counts),
            *(_reached(table, row, counts[0]) or ()),
        ]
