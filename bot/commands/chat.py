"""`phlov chat`: talk to the bot in the terminal; nothing is kept."""

from __future__ import annotations

import itertools

import click

from bot import inbox
from bot.commands.brain_process import running_brain
from bot.crypto import Keyring
from bot.database import Database, make_engine
from bot.models import Base, Channel, Conversation, Delivery, Direction, Message
from bot.models.columns import use_keyring
from bot.settings import Settings, load_settings
from bot.turn import take_turn


@click.command()
@click.option("--telegram", is_flag=True, help="Show answers as Telegram would, with buttons.")
def chat(telegram: bool) -> None:
    """Talk to the bot as one person would by SMS. An empty line ends."""
    settings = load_settings()
    with running_brain(settings) as brain:
        database = _memory(settings)
        channel = Channel.TELEGRAM if telegram else Channel.SMS
        click.echo("Write as to the helpline; an empty line ends.")
        for turn in itertools.count():
            text = _next_line()
            if not text.strip():
                return
            inbox.accept(database, inbox.Inbound(channel, f"chat-{turn}", "+85500000000", text))
            while claim := inbox.claim_next(database):
                take_turn(database, claim, brain, settings)
            _show_replies(database)


def _next_line() -> str:
    try:
        line: str = click.prompt(">", default="", show_default=False, prompt_suffix=" ")
    except click.Abort:
        return ""
    return line


def _memory(settings: Settings) -> Database:
    use_keyring(Keyring(settings.keys))
    engine = make_engine("sqlite:///file:chat?mode=memory&cache=shared&uri=true")
    keep_open = engine.connect()  # the database lives as long as one connection does
    database = Database(engine)
    Base.metadata.create_all(keep_open)
    keep_open.commit()
    engine.pool.connection_kept_open = keep_open  # type: ignore[attr-defined]
    return database


def _show_replies(database: Database) -> None:
    with database.transaction() as session:
        for message in session.query(Message).filter_by(direction=Direction.OUT, state=Delivery.QUEUED):
            message.state = Delivery.DELIVERED
            note = f"{message.segments} SMS" if message.channel == Channel.SMS else "Telegram"
            click.secho(message.body, fg="green")
            for option in message.options or []:
                click.secho(f"[{option['label']}]", fg="cyan")
            click.secho(f"({note})", dim=True)
        conversation = session.query(Conversation).order_by(Conversation.id.desc()).first()
        if conversation is not None and conversation.priority:
            click.secho(
                f"(in the human queue: priority {conversation.priority}, {conversation.reason})", fg="yellow"
            )
