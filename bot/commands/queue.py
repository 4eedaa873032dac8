"""`phlov queue`: who waits for a person, without saying who or what."""

from __future__ import annotations

import json

import click
from sqlalchemy import select

from bot.database import connect
from bot.models import Contact, Conversation, State
from bot.models.columns import now
from bot.settings import load_settings


@click.group()
def queue() -> None:
    """The human queue."""


@queue.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def list_queue(as_json: bool) -> None:
    """List conversations that wait or are with an operator, most urgent first."""
    with connect(load_settings()).reading() as session:
        query = (
            select(Conversation, Contact)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Conversation.state.in_([State.WAITING, State.WITH_OPERATOR]))
            .order_by(Conversation.state.desc(), Conversation.priority, Conversation.waiting_since)
        )
        rows = [
            {
                "id": conversation.id,
                "priority": conversation.priority,
                "reason": conversation.reason,
                "state": str(conversation.state),
                "waiting_seconds": int((now() - conversation.waiting_since).total_seconds())
                if conversation.waiting_since
                else 0,
                "channel": str(contact.channel),
                "language": str(contact.form),
            }
            for conversation, contact in session.execute(query)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    line = "{id:>6}  P{priority}  {reason:<18} {state:<14} {waiting_seconds:>6} s  {channel} {language}"
    for row in rows:
        click.echo(line.format(**row))
