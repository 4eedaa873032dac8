"""`phlov migrate`: the database's schema."""

from __future__ import annotations

import click

from bot.database import migrate as migrate_database
from bot.settings import load_settings


@click.command()
def migrate() -> None:
    """Bring the database's schema to the newest revision."""
    migrate_database(load_settings())
