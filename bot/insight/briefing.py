"""The briefing that a manager hands out: two pages, the first in Khmer, the second in English."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fpdf import FPDF

from bot.insight import disclosure, words
from bot.insight.known_returns import KnownReturns, known_returns
from bot.insight.periods import Period
from bot.insight.snapshots import Published

_FONTS = Path(__file__).with_name("fonts")
_TEAL, _INK, _SOFT = (11, 98, 90), (26, 38, 38), (76, 91, 91)
_MARGIN, _MOST_ROWS = 15, 8
_SHOWN = ("needs", "provinces", "needs_by_sex", "referral_steps")


class _Page(FPDF):
    """A4 with Khmer shaped as Khmer is read (HarfBuzz), and Latin beside it."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        for style, weight in (("", "Regular"), ("B", "Bold")):
            self.add_font("khmer", style, _FONTS / f"NotoSansKhmer-{weight}.ttf")
            self.add_font("latin", style, _FONTS / f"NotoSans-{weight}.ttf")
        self.set_fallback_fonts(["latin"], exact_match=False)
        self.set_text_shaping(True)
        self.set_auto_page_break(False)
        self.set_margin(_MARGIN)

    def text_line(self, text: str, size: float, bold: bool = False, soft: bool = False) -> None:
        """A paragraph over the page's width."""
        self.set_font("khmer", "B" if bold else "", size)
        self.set_text_color(*(_SOFT if soft else _INK))
        self.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT", align="L")


def pdf(brand: str, period: Period, tables: dict[str, Published], at: date, invented: bool = False) -> bytes:
    """The briefing on `period`, published on `at`, as a PDF of two pages; `invented` marks demo data."""
    page = _Page()
    page.set_title(f"{brand} {period.name}")
    page.set_lang("km")
    for language in words.LANGUAGES:
        page.add_page()
        _write(page, brand, period, tables, at, language, invented)
    return bytes(page.output())


def _write(
    page: _Page,
    brand: str,
    period: Period,
    tables: dict[str, Published],
    at: date,
    language: str,
    invented: bool,
) -> None:
    page.set_fill_color(*_TEAL)
    page.rect(0, 0, page.w, 6, style="F")
    page.set_y(14)
    page.text_line(f"{words.phrase('briefing', language)} · {period.name}", 18, bold=True)
    if invented:
        page.text_line(words.phrase("demo", language), 11, bold=True)
    everyone = tables["everyone"].people
    number = words.phrase("hidden", language) if everyone is None else f"{everyone:,}"
    page.text_line(f"{words.title('everyone', language)}: {number}", 13)
    page.ln(2)
    for name in _SHOWN:
        if name in tables and tables[name].cells:
            _bars(page, tables[name], language)
    _known_returns(page, tables.get("provinces"), language)
    page.set_y(-32)
    rule = disclosure.STAFF
    hidden = f"{words.phrase('hidden', language)}: {words.phrase('hidden_why', language, least=rule.least)}"
    page.text_line(f"{hidden}. {words.phrase('rounding', language, base=rule.base)}", 8, soft=True)
    source = words.phrase("source", language, brand=brand, period=period.name, date=at.isoformat())
    page.text_line(source, 8, soft=True)


def _bars(page: _Page, table: Published, language: str) -> None:
    """A table as lines of words, bar and number; one with columns is told as "row: column number, …"."""
    page.text_line(words.title(table.name, language), 12, bold=True)
    rows = table.rows[:_MOST_ROWS]
    most = max((count for count in table.cells.values() if count), default=1)
    for row in rows:
        top = page.get_y()
        page.set_font("khmer", "", 9.5)
        page.set_text_color(*_INK)
        page.cell(62, 5.4, words.code(table.axes[0], row, language))
        if table.columns:
            page.multi_cell(0, 5.4, _crossed(table, row, language), new_x="LMARGIN", new_y="NEXT", align="L")
            continue
        count = table.cells[(row,)]
        if count:
            page.set_fill_color(*_TEAL)
            page.rect(page.get_x(), top + 1, 90 * count / most, 3.4, style="F")
        page.set_x(_MARGIN + 155)
        page.cell(0, 5.4, words.phrase("hidden", language) if count is None else f"{count:,}", align="R")
        page.ln(5.4)
    page.ln(2)


def _crossed(table: Published, row: str, language: str) -> str:
    hidden = words.phrase("hidden", language)
    parts = []
    for column in table.columns:
        count = table.cells[row, column]
        number = hidden if count is None else f"{count:,}"
        parts.append(f"{words.code(table.axes[1], column, language)} {number}")
    return " · ".join(parts)


def _known_returns(page: _Page, provinces: Published | None, language: str) -> None:
    known = known_returns()
    if known is None:
        return
    page.text_line(words.phrase("known_returns", language), 12, bold=True)
    told = words.phrase("known_returns_text", language, national=f"{known.national:,}", date=known.date)
    if known.table is None:
        told += " " + words.phrase("no_province_count", language)
    else:
        source, date = known.table.source, known.table.source_date
        told += " " + words.phrase("province_count", language, source=source, date=date)
    page.text_line(told, 9)
    reached = _reached(known, provinces, language) if provinces else ""
    if reached:
        page.text_line(f"{words.phrase('reach', language)}: {reached}", 9)


def _reached(known: KnownReturns, provinces: Published, language: str) -> str:
    """The provinces with the most returns that a number is told for, and how far we reach there."""
    parts: list[str] = []
    for code in sorted(known.by_province, key=lambda code: -known.by_province[code]):
        reach = known.reach(code, provinces.cells.get((code,)))
        if reach is not None and len(parts) < _MOST_ROWS:
            parts.append(f"{words.code('province', code, language)} {reach:,.1f}")
    return " · ".join(parts)
