"""`make eval`: the figures by form and kind, the worst confusions, every missed message, as text and HTML.

Reads what `phlov eval` printed with the brain and without it, writes an HTML page with plots, and fails
where a figure is below the committed floor (nlu/dev/floor.yml), so that nobody makes it worse unseen.
"""

from __future__ import annotations

import base64
import html
import io
import sys
from collections import Counter
from pathlib import Path

from matplotlib import pyplot

from bot.intents import SENSITIVE
from nlu.measure import FORMS, KINDS, MEASURES, Result, Share, below_floor, is_danger, lines, read, shares

_WORST = 15
Table = dict[tuple[str, str, str], Share]


def confusions(results: list[Result]) -> list[tuple[str, str, int]]:
    """What is most often taken for what: (label, answered as, times)."""
    pairs = Counter(
        (r["label"], r["intent"]) for r in results if r["outcome"] == "answer" and r["intent"] != r["label"]
    )
    return [(label, intent, n) for (label, intent), n in pairs.most_common(_WORST)]


def missed(results: list[Result]) -> list[Result]:
    """Sensitive messages that no person was called for, the answered ones first."""
    rows = [r for r in results if r["label"] in SENSITIVE and not is_danger(r)]
    return sorted(rows, key=lambda r: (r["outcome"] != "answer", r["form"], r["label"]))


def needless(results: list[Result]) -> list[Result]:
    return [r for r in results if r["label"] not in SENSITIVE and is_danger(r)]


def page(runs: dict[str, list[Result]], tables: dict[str, Table], problems: list[str]) -> str:
    """The report as one HTML file without anything from elsewhere."""
    parts = ["<h1>How well the helpline understands</h1>"]
    parts += [f"<p class=bad>{html.escape(problem)}</p>" for problem in problems]
    for run, table in tables.items():
        parts += [f"<h2>{run}</h2>", _table(table)]
    results = runs["with the brain"]
    parts += [_plot(tables), "<h2>Worst confusions</h2>"]
    parts.append(_list([f"{label} → {intent}: {n}" for label, intent, n in confusions(results)]))
    for title, rows in (("Missed", missed(results)), ("Needless", needless(results))):
        shown = [f"{r['form']} {r['label']} → {r['outcome']} {r['intent'] or ''}: {r['text']}" for r in rows]
        parts += [f"<h2>{title} ({len(rows)})</h2>", _list(shown)]
    style = (
        "body{font:16px system-ui;max-width:70rem;margin:2rem auto}"
        "td,th{padding:.2rem .6rem;text-align:right}.bad{color:#a00}"
    )
    return f"<!doctype html><meta charset=utf-8><title>Evaluation</title><style>{style}</style>" + "".join(
        parts
    )


def _table(table: Table) -> str:
    rows = ["<tr><th>form<th>kind<th>n" + "".join(f"<th>{measure}" for measure in MEASURES)]
    for form in FORMS:
        for kind in KINDS:
            total = table[form, kind, "danger"].total
            if total:
                cells = [table[form, kind, measure] for measure in MEASURES]
                figures = "".join(f"<td>{c.value:.1%} ({c.low:.0%}–{c.high:.0%})" for c in cells)
                rows.append(f"<tr><td>{form}<td>{kind}<td>{total}{figures}")
    return "<table>" + "".join(rows) + "</table>"


def _plot(tables: dict[str, Table]) -> str:
    """Danger recognised and needlessly seen, by form, with 95 % intervals."""
    figure, axes = pyplot.subplots(1, len(tables), figsize=(11, 3.6), sharey=True)
    for axis, (run, table) in zip(axes, tables.items(), strict=True):
        for offset, kind in enumerate(("sensitive", "harmless words", "everyday")):
            cells = [table[form, kind, "danger"] for form in FORMS]
            heights = [cell.value for cell in cells]
            errors = [
                [max(c.value - c.low, 0) for c in cells],
                [max(c.high - c.value, 0) for c in cells],
            ]
            places = [i + 0.27 * (offset - 1) for i in range(len(FORMS))]
            axis.bar(places, heights, 0.25, yerr=errors, capsize=3, label=kind)
        axis.set_title(run)
        axis.set_xticks(range(len(FORMS)), FORMS)
    axes[0].set_ylabel("taken for danger")
    axes[0].legend()
    content = io.StringIO()
    figure.tight_layout()
    figure.savefig(content, format="svg")
    encoded = base64.b64encode(content.getvalue().encode()).decode()
    return f'<img alt="Share of messages taken for danger" src="data:image/svg+xml;base64,{encoded}">'


def _list(items: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(item)}" for item in items) + "</ul>"


def main(with_brain: str, without_brain: str, to: str) -> int:
    runs = {"with the brain": read(Path(with_brain)), "without the brain": read(Path(without_brain))}
    tables = {run: shares(results) for run, results in runs.items()}
    problems = below_floor(tables)
    for run, table in tables.items():
        print(f"\n{run}:", *lines(table), sep="\n")
    results = runs["with the brain"]
    print("\nworst confusions:", *(f"  {a} → {b}: {n}" for a, b, n in confusions(results)), sep="\n")
    print(f"\nmissed ({len(missed(results))}):")
    print(
        *(f"  {r['outcome']:7} {r['form']:8} {r['label']:18} {r['text']}" for r in missed(results)), sep="\n"
    )
    Path(to).write_text(page(runs, tables, problems), "utf-8")
    print(f"\nthe report with plots: {to}")
    for problem in problems:
        print(f"below the floor: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
