"""`phlov insight`: publishing the figures of periods that are over, and taking them out as files."""

from __future__ import annotations

from pathlib import Path

import click

from bot.database import connect
from bot.insight import export, periods, snapshots
from bot.insight.invented import is_invented
from bot.models import InsightSnapshot
from bot.settings import load_settings


@click.group()
def insight() -> None:
    """Aggregated figures for programme managers."""


@insight.command()
def publish() -> None:
    """Publish every month, quarter and year that is over and not yet published (the worker does it daily)."""
    with connect(load_settings()).transaction() as session:
        made = snapshots.make_due(session)
    click.echo(f"published: {', '.join(period.name for period in made) or 'nothing new'}")


@insight.command("export")
@click.argument("period", metavar="PERIOD")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["km", "en"]), default="en", show_default=True)
def export_period(period: str, file: Path, language: str) -> None:
    """Write PERIOD (2026-10, 2026-Q3 or 2026) to FILE: .csv, .xlsx or .pdf by its name."""
    try:
        wanted = periods.parse(period)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None
    settings = load_settings()
    with connect(settings).reading() as session:
        tables = snapshots.read(session, wanted, snapshots.STAFF)
        snapshot = session.get(InsightSnapshot, (wanted.name, snapshots.STAFF))
        invented = is_invented(session)
    if snapshot is None:
        raise click.ClickException(f"{period} isn't published: run `phlov insight publish` once it is over")
    kind = file.suffix.removeprefix(".")
    if kind not in export.KINDS:
        raise click.BadParameter("FILE must end in .csv, .xlsx or .pdf")
    on = snapshot.made_at.date()
    content = export.content(kind, settings.brand, wanted, tables, on, language, invented)
    file.write_bytes(content)
    click.echo(f"{file}: {len(content)} bytes")
