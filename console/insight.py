"""Figures for programme managers: what is needed where, how people are served, as pages, charts and files."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, g, render_template, request, url_for

import current
from bot import audit
from bot.insight import charts, disclosure, export, periods, snapshots, tables, words
from bot.insight.disclosure import Key
from bot.insight.invented import is_invented
from bot.insight.known_returns import KnownReturns, known_returns
from bot.insight.periods import Period
from bot.insight.snapshots import Published
from bot.models import InsightSnapshot, Operator
from bot.permissions import Permission
from console import navigation
from console.access import permit
from console.language import N_


@dataclass(frozen=True)
class Line:
    """A row of a table as it is shown; `before` are the same cells of the period before, if published.

    Of a province `known` came back, as far as somebody counted; `reach` is how many of 10,000 of them wrote.
    """

    words: str
    cells: list[int | None]
    before: list[int | None]
    marked: bool
    known: int | None
    reach: str


@dataclass(frozen=True)
class Section:
    """One table with its chart's address, if it has one."""

    name: str
    title: str
    definition: str
    axis: str
    heads: list[str]
    lines: list[Line]
    chart: str


def add_routes(console: Blueprint) -> None:
    navigation.add("console.insight_page", N_("Figures"), Permission.INSIGHT_READ, order=60)
    console.add_url_rule("/figures", "insight_page", insight_page)
    console.add_url_rule("/figures/<period>/<table>.svg", "insight_chart", insight_chart)
    console.add_url_rule("/figures/<period>.<kind>", "insight_file", insight_file)


@permit(Permission.INSIGHT_READ)
def insight_page() -> str:
    """One period's tables, beside those of the one before."""
    with current.database().reading() as db:
        found = snapshots.published(db, snapshots.STAFF)
        if not found:
            return render_template("console/insight.html", period=None, words=words)
        period = _asked(request.args.get("period", found[0].name))
        shown = snapshots.read(db, period, snapshots.STAFF)
        if not shown:
            abort(404)
        before = snapshots.read(db, period.before, snapshots.STAFF)
        snapshot = db.get_one(InsightSnapshot, (period.name, snapshots.STAFF))
        known = known_returns()
        return render_template(
            "console/insight.html",
            period=period,
            periods=found,
            has_before=bool(before),
            everyone=shown["everyone"].people,
            sections=[
                _section(period, shown[t.name], before.get(t.name), known)
                for t in tables.TABLES
                if t.name in shown
            ],
            rule=disclosure.STAFF,
            made_at=snapshot.made_at,
            invented=is_invented(db),
            known=known,
            words=words,
        )


@permit(Permission.INSIGHT_READ)
def insight_chart(period: str, table: str) -> Response:
    """A table's bars, or the map of provinces, as a picture."""
    with current.database().reading() as db:
        shown = snapshots.read(db, _asked(period), snapshots.STAFF).get(table)
    if shown is None or not charts.has_chart(shown):
        abort(404)
    return Response(charts.draw(shown, g.language), mimetype="image/svg+xml")


@permit(Permission.INSIGHT_EXPORT)
def insight_file(period: str, kind: str) -> Response:
    """The period as CSV, XLSX or the printed briefing; audited."""
    if kind not in export.KINDS:
        abort(404)
    wanted = _asked(period)
    with current.database().transaction() as db:
        shown = snapshots.read(db, wanted, snapshots.STAFF)
        snapshot = db.get(InsightSnapshot, (wanted.name, snapshots.STAFF))
        if snapshot is None:
            abort(404)
        audit.record(db, db.get_one(Operator, g.operator.id), "insight_export", f"period:{wanted.name}", kind)
        made_at, invented = snapshot.made_at.date(), is_invented(db)
    settings = current.settings()
    content = export.content(kind, settings.brand, wanted, shown, made_at, g.language, invented)
    name = f"{settings.brand.lower()}-{wanted.name}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=export.KINDS[kind], headers=headers)


def _asked(name: str) -> Period:
    try:
        return periods.parse(name)
    except ValueError:
        abort(404)


def _section(
    period: Period, table: Published, before: Published | None, known: KnownReturns | None
) -> Section:
    columns = table.columns
    lines = []
    returned = known.by_province if known and table.axes == ("province",) else {}
    for row in table.rows:
        keys: list[Key] = [(row, column) for column in columns] or [(row,)]
        lines.append(
            Line(
                words=words.code(table.axes[0], row, g.language),
                cells=[table.cells[key] for key in keys],
                before=[before.cells.get(key) if before else None for key in keys],
                marked=bool(known and table.axes == ("province",) and row in known.main),
                known=returned.get(row),
                reach=_reach(known, row, table.cells[keys[0]]) if returned else "",
            )
        )
    return Section(
        name=table.name,
        title=words.title(table.name, g.language),
        definition=words.definition(table.name, g.language),
        axis=words.axis(table.axes[0], g.language),
        heads=[words.code(table.axes[1], column, g.language) for column in columns],
        lines=lines,
        chart=_chart(period, table),
    )


def _reach(known: KnownReturns | None, province: str, people: int | None) -> str:
    reach = known.reach(province, people) if known else None
    return "" if reach is None else f"{reach:,.1f}"


def _chart(period: Period, table: Published) -> str:
    if not charts.has_chart(table):
        return ""
    return url_for("console.insight_chart", period=period.name, table=table.name)
