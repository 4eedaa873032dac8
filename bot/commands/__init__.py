"""The `phlov` command: what administrators do from a terminal."""

from __future__ import annotations

import sys

import click

from bot.commands.audit import audit
from bot.commands.backup import backup, restore
from bot.commands.chat import chat
from bot.commands.database import migrate
from bot.commands.demo_data import demo_data
from bot.commands.directory import directory
from bot.commands.evaluate import evaluate
from bot.commands.facts import facts
from bot.commands.insight import insight
from bot.commands.keys import keys
from bot.commands.model import model
from bot.commands.operator import operator
from bot.commands.queue import queue
from bot.commands.reconcile import reconcile
from bot.commands.retention import retention
from bot.commands.run import announce, environment
from bot.commands.stuck import stuck
from bot.commands.words import words
from bot.settings import UnsafeSetting


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def phlov() -> None:
    """Phlov, a helpline by SMS and Telegram."""


for command in (
    announce,
    audit,
    chat,
    demo_data,
    directory,
    environment,
    evaluate,
    facts,
    insight,
    keys,
    migrate,
    operator,
    queue,
):
    phlov.add_command(command)


phlov.add_command(model)
phlov.add_command(words)


for command in (backup, reconcile, restore, retention, stuck):
    phlov.add_command(command)


def main() -> None:
    """Runs the command; a wrong setting is told by its name, without a traceback."""
    try:
        phlov()
    except UnsafeSetting as problem:
        click.echo(f"phlov: {problem}", err=True)
        sys.exit(2)
