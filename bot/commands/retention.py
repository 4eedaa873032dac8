"""`phlov retention`: erasing what is no longer needed."""

from __future__ import annotations

import json

import click

from bot import retention as retentions
from bot.database import connect
from bot.settings import load_settings


@click.group()
def retention() -> None:
    """How long what is kept (PHLOV_KEEP_DAYS)."""


@retention.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def run(as_json: bool) -> None:
    """Erase everything that is overdue. The worker does this each day by itself."""
    settings = load_settings()
    done = retentions.run(connect(settings), settings)
    if as_json:
        click.echo(json.dumps({erased.kind: erased.number for erased in done}))
        return
    for erased in done:
        click.echo(
            f"{erased.kind:<10} after {settings.keep_days[erased.kind]:>4} days: {erased.number} erased"
        )


@retention.command()
def show() -> None:
    """Say how many days each class of data is kept."""
    for kind, days in load_settings().keep_days.items():
        click.echo(f"{kind:<10} {days:>4} days")
