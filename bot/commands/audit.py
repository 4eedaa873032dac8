"""`phlov audit`: is the trail whole?"""

from __future__ import annotations

import click

from bot import audit as trail
from bot.database import connect
from bot.settings import load_settings


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command()
def verify() -> None:
    """Check that no entry was changed or taken out."""
    with connect(load_settings()).reading() as session:
        broken = trail.first_broken(session)
    if broken is not None:
        raise click.ClickException(f"the audit trail is broken at entry {broken}")
    click.echo("the audit trail is whole")
