"""`phlov stuck`: messages that don't get on by themselves, by number, without a word of them."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from bot import stuck as stuck_messages
from bot.database import connect
from bot.settings import load_settings


@click.group()
def stuck() -> None:
    """Messages that wait too long, were set aside, or couldn't be sent."""


@stuck.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def list_stuck(as_json: bool) -> None:
    """List them, oldest first."""
    with connect(load_settings()).reading() as session:
        rows = [asdict(row) for row in stuck_messages.listed(session)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['id']:>8}  {row['direction']:<3} {row['channel']:<8} {row['state']:<11} "
            f"{row['age_seconds']:>7} s  {row['attempts']} tries  {row['error'] or ''}"
        )
    if not rows:
        click.echo("Nothing is stuck.")


@stuck.command()
@click.argument("message_id", type=int)
@click.option("--even-if-sent", is_flag=True, help="Also where the person may have got it already.")
def retry(message_id: int, even_if_sent: bool) -> None:
    """Handle, or send, message MESSAGE_ID once more."""
    with connect(load_settings()).transaction() as session:
        try:
            stuck_messages.retry(session, message_id, even_if_sent)
        except stuck_messages.NotStuck as problem:
            raise click.ClickException(str(problem)) from None
    click.echo(f"Message {message_id} is tried again.")


@stuck.command("give-to-human")
@click.argument("message_id", type=int)
def give_to_human(message_id: int) -> None:
    """Put the conversation of message MESSAGE_ID into the human queue."""
    with connect(load_settings()).transaction() as session:
        try:
            conversation = stuck_messages.give_to_human(session, message_id)
        except stuck_messages.NotStuck as problem:
            raise click.ClickException(str(problem)) from None
    click.echo(f"Conversation {conversation} is in the queue.")
