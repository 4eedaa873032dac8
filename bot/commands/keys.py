"""`phlov keys`: encryption keys."""

from __future__ import annotations

import base64
import secrets
import sys

import click

from bot import audit, rotation
from bot.database import connect
from bot.models.columns import keyring
from bot.settings import load_settings


@click.group()
def keys() -> None:
    """Encryption keys (PHLOV_KEYS)."""


@keys.command()
def new() -> None:
    """Print a new random key."""
    click.echo(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


@keys.command()
def rotate() -> None:
    """Re-encrypt everything with the first key of PHLOV_KEYS, while the helpline runs.

    It may be stopped and run again at any time. docs/runbook.md tells the whole way.
    """
    database = connect(load_settings())
    unreadable = 0
    for done in rotation.rotate(database):
        click.echo(f"{done.table:<24} {done.rewritten:>9} rewritten {done.unreadable:>6} unreadable")
        unreadable += done.unreadable
    left = rotation.remaining(database)
    with database.transaction() as session:
        audit.record(session, None, "keys_rotate", f"key:{keyring().current_id}", f"left={left}")
    if unreadable or left:
        click.echo(
            f"phlov: {left} rows are not yet under the current key. Keep all keys in PHLOV_KEYS, and run "
            "this again once every process uses the new PHLOV_KEYS.",
            err=True,
        )
        sys.exit(1)
    click.echo("Everything is under the current key. The other keys may now be taken out of PHLOV_KEYS;")
    click.echo("keep them, apart from the server, for as long as backups made with them are kept.")
