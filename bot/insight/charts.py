"""Charts as SVG without script: bars of a table, and Cambodia as a map of tiles.

Every chart stands beside a table with the same numbers. Colours are one hue with enough contrast on
paper; what is hidden is drawn as nothing, with its word in the label.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import pygal
from pygal.style import Style

from bot.insight import words
from bot.insight.snapshots import Published

_INK, _BAR, _PALE = "#1a2626", "#0b625a", "#e6ecec"
_FONT = "'Noto Sans Khmer', system-ui, sans-serif"
_FONT_FILE = Path(__file__).with_name("fonts") / "NotoSansKhmer-Regular.woff2"
_MOST_BARS = 12
_TILE, _GAP = 84, 4

# Where each province stands in the map of tiles: column and row, neighbours as near as squares allow.
TILES = {
    "22": (1, 0), "13": (3, 0), "19": (4, 0), "16": (5, 0),
    "01": (0, 1), "17": (1, 1), "06": (3, 1), "10": (4, 1), "11": (5, 1),
    "24": (0, 2), "02": (1, 2), "04": (2, 2), "03": (3, 2), "25": (4, 2),
    "15": (1, 3), "05": (2, 3), "12": (3, 3), "14": (4, 3), "20": (5, 3),
    "09": (0, 4), "18": (1, 4), "07": (2, 4), "08": (3, 4), "21": (4, 4),
    "23": (2, 5),
}  # fmt: skip


def has_chart(table: Published) -> bool:
    """Whether there is something to draw: a table with one axis that tells any number."""
    return len(table.axes) == 1 and table.name != "everyone" and any(table.cells.values())


def draw(table: Published, language: str) -> str:
    """The chart of a table that has one: the map of provinces, bars of everything else."""
    chart = tile_map(table, language) if table.axes == ("province",) else bars(table, language)
    return _with_font(chart) if language == "km" else chart


def bars(table: Published, language: str) -> str:
    """The rows of a table with one axis as horizontal bars, the greatest first."""
    shown = [(key[0], count) for key, count in table.cells.items() if count is not None][:_MOST_BARS]
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=_INK,
        foreground_strong=_INK,
        foreground_subtle=_INK,
        colors=(_BAR,),
        font_family=_FONT,
        label_font_size=15,
        guide_stroke_color="transparent",
        major_guide_stroke_color="transparent",
        opacity=1,
    )
    chart = pygal.HorizontalBar(
        style=style,
        show_legend=False,
        print_values=False,
        show_x_labels=False,
        js=[],
        width=720,
        height=40 + 40 * max(len(shown), 1),
        margin=4,
        order_min=0,
        explicit_size=True,
        no_data_text=words.phrase("hidden", language),
    )
    chart.x_labels = [
        f"{words.code(table.axes[0], row, language)}  {count:,}" for row, count in reversed(shown)
    ]
    chart.add("", [count for _, count in reversed(shown)])
    return str(chart.render(is_unicode=True))


def tile_map(table: Published, language: str) -> str:
    """The provinces as tiles of equal size, darker where more people are."""
    counts = {key[0]: count for key, count in table.cells.items()}
    most = max((count for count in counts.values() if count), default=1)
    tiles = "".join(_tile(code, counts.get(code), most, language) for code in TILES)
    width, height = 6 * (_TILE + _GAP), 6 * (_TILE + _GAP)
    title = escape(words.title(table.name, language))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{escape(_FONT, {chr(34): "&quot;"})}">'
        f"<title>{title}</title>{tiles}</svg>"
    )


def _tile(code: str, count: int | None, most: int, language: str) -> str:
    column, row = TILES[code]
    x, y = column * (_TILE + _GAP), row * (_TILE + _GAP)
    share = (count or 0) / most
    fill = _mixed(share) if count else _PALE
    ink = "#ffffff" if share > 0.45 else _INK
    name = escape(words.code("province", code, language))
    number = f"{count:,}" if count else "·"
    middle = x + _TILE / 2
    # Wide names are set narrower; in Khmer script signs over and under letters take no width.
    wide = sum(not 0x17B4 <= ord(letter) <= 0x17D3 for letter in name) > 9
    squeeze = f' textLength="{_TILE - 8}" lengthAdjust="spacingAndGlyphs"' if wide else ""
    return (
        f'<g><rect x="{x}" y="{y}" width="{_TILE}" height="{_TILE}" rx="6" fill="{fill}"/>'
        f'<text x="{middle}" y="{y + 34}" text-anchor="middle" fill="{ink}" '
        f'font-size="13"{squeeze}>{name}</text>'
        f'<text x="{middle}" y="{y + 60}" text-anchor="middle" fill="{ink}" font-size="18" '
        f'font-weight="700">{number}</text></g>'
    )


def _with_font(chart: str) -> str:
    """The chart with the Khmer font inside: a picture can't use its page's font."""
    opening = chart.index(">", chart.index("<svg")) + 1
    return f"{chart[:opening]}<style>{_font_face()}</style>{chart[opening:]}"


@cache
def _font_face() -> str:
    font = base64.b64encode(_FONT_FILE.read_bytes()).decode()
    source = f"url(data:font/woff2;base64,{font}) format('woff2')"
    return f"@font-face{{font-family:'Noto Sans Khmer';src:{source}}}"


def _mixed(share: float) -> str:
    """Between the palest and the full colour of bars."""
    low, high = (0xCF, 0xE6, 0xE2), (0x0B, 0x62, 0x5A)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(low, high, strict=True))
