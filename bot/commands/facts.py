"""`phlov facts`: are all facts sourced, which are due for review, and taking changes out and in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy.orm import Session

from bot import facts as known
from bot import overrides
from bot.database import connect, is_migrated
from bot.fact_desk import checks, exchange
from bot.fact_desk.edits import EditRefused
from bot.models import EditState
from bot.settings import load_settings


@click.group()
def facts() -> None:
    """Facts, their sources and their review dates."""


@facts.command()
@click.option("--shipped", is_flag=True, help="The files alone, without what was changed in the console.")
def check(shipped: bool) -> None:
    """Fail where a reply could tell a fact that is missing, unsourced or expired."""
    with overrides.shipped_alone() if shipped else as_they_stand() as session:
        problems = checks.problems(session)
        for problem in problems:
            click.echo(problem, err=True)
        if problems:
            raise click.ClickException(f"{len(problems)} problems")
        today = known.today()
        told = sum(fact.is_tellable(today) for fact in known.facts().values())
        click.echo(f"{len(known.facts())} facts, {told} may be told today; every reply's facts are there")


@facts.command()
@click.option("--within", "days", type=int, default=30, show_default=True, help="Days from today.")
def due(days: int) -> None:
    """List facts whose review is due, the soonest first."""
    last = known.today() + timedelta(days=days)
    with as_they_stand():
        for fact in sorted(known.facts().values(), key=lambda fact: fact.review_due):
            if fact.review_due <= last and not fact.retired:
                click.echo(f"{fact.review_due}  {fact.confidence:<18} {fact.id}")


@facts.command("export")
@click.option("--changes", is_flag=True, help="What differs from the files, in their own form (YAML).")
def export(changes: bool) -> None:
    """Print the published facts as CSV for partners, or what was changed for the files."""
    with as_they_stand():
        click.echo(exchange.changed() if changes else exchange.for_partners(), nl=False)


@facts.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Why these facts change; it is kept with each.")
def import_(file: Path, reason: str) -> None:
    """Take in the facts of FILE that differ; numbers and fees wait for approval in the console."""
    try:
        with connect(load_settings()).transaction() as session:
            edits = exchange.read_in(session, file.read_text("utf-8"), reason)
            for edit in edits:
                waits = edit.state == EditState.PROPOSED
                click.echo(f"{edit.fact_id}: {'waits for a second person' if waits else 'changed'}")
    except (exchange.UnreadableFile, EditRefused) as problem:
        raise click.ClickException(f"nothing was changed: {problem}") from None
    if not edits:
        click.echo("nothing differs")


@contextmanager
def as_they_stand() -> Iterator[Session | None]:
    """With what managers changed, where there is a database."""
    database = connect(load_settings())
    if not is_migrated(database):
        click.echo("the database isn't set up here (phlov migrate): these are the files' facts", err=True)
        yield None
        return
    with database.reading() as session:
        yield session
