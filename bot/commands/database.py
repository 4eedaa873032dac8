"""`phlov migrate`: the database's schema."""

from __future__ import annotations

import click

from bot.database import connect
from bot.database import migrate as migrate_database
from bot.directory.files import seed
from bot.settings import load_settings


@click.command()
def migrate() -> None:
    """Bring the database's schema to the newest revision, and add the shipped directory entries."""
    settings = load_settings()
    migrate_database(settings)
    with connect(settings).transaction() as session:
        seed(session)
