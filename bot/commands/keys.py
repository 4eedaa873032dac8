"""`phlov keys`: encryption keys."""

from __future__ import annotations

import base64
import secrets

import click


@click.group()
def keys() -> None:
    """Encryption keys (PHLOV_KEYS)."""


@keys.command()
def new() -> None:
    """Print a new random key."""
    click.echo(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
