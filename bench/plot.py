"""The figures as SVG, drawn from the record beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pygal
from pygal.style import CleanStyle

_NAMES = {
    "sqlite": "Phlov, SQLite",
    "postgresql": "Phlov, PostgreSQL and Redis",
    "rasa": "Rasa's own Twilio channel",
}


def draw(part: str, record: dict[str, Any], folder: Path) -> None:
    """Writes the plots of one part into `folder`."""
    if part == "load":
        for what in ("acknowledgement", "turn"):
            _load(record, what).render_to_file(str(folder / f"{what}.svg"))
    elif part == "growth":
        _growth(record).render_to_file(str(folder / "growth.svg"))


def _load(record: dict[str, Any], what: str) -> pygal.Line:
    chart = _chart(f"{what.capitalize()}: 95 and 99 of 100 within so many milliseconds")
    rates: list[float] = []
    for side, name in _NAMES.items():
        loads = record.get(side, {}).get("loads", [])
        rates = rates or [entry["messages a second"] for entry in loads]
        for share in ("p95", "p99"):
            chart.add(f"{name}, {share}", [entry[f"{what} ms"][share] for entry in loads])
    chart.x_labels = [f"{rate:g}" for rate in rates]
    chart.x_title = "messages a second"
    chart.y_title = "milliseconds (logarithmic)"
    return chart


def _growth(record: dict[str, Any]) -> pygal.Line:
    chart = _chart("Median milliseconds as messages grow (PostgreSQL)")
    figures = record["milliseconds (median)"]
    sizes = list(figures)
    for name in figures[sizes[0]]:
        chart.add(name, [figures[size][name] for size in sizes])
    chart.x_labels = [f"{int(size):,}" for size in sizes]
    chart.x_title = "messages kept"
    return chart


def _chart(title: str) -> pygal.Line:
    return pygal.Line(
        title=title,
        logarithmic=True,
        style=CleanStyle,
        js=(),
        width=900,
        height=420,
        legend_at_bottom=True,
        disable_xml_declaration=True,
    )
