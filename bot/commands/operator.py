"""`phlov operator`: accounts of the console."""

from __future__ import annotations

import click

from bot import operators
from bot.database import connect
from bot.models import Channel, Role
from bot.settings import load_settings
from bot.teams import FRONT_DESK, NoSuchTeam


@click.group()
def operator() -> None:
    """Accounts of the operators' console."""


@operator.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.OPERATOR.value)
@click.option(
    "--team", "teams", multiple=True, default=[FRONT_DESK], show_default=True, help="May be repeated."
)
@click.option(
    "--language", type=click.Choice(["km", "en"]), default="km", help="Of the console and of pages."
)
@click.option("--on-call", is_flag=True, help="Page this operator when somebody waits.")
@click.option("--pager", metavar="CHANNEL:ADDRESS", help="Where pages go: sms:+855… or telegram:CHAT_ID.")
def add(
    name: str, role: str, teams: tuple[str, ...], language: str, on_call: bool, pager: str | None
) -> None:
    """Add an operator; prints a password for the first sign-in."""
    where = _pager(pager)
    if on_call and where is None:
        raise click.UsageError("--on-call needs --pager, or nobody could be paged")
    with connect(load_settings()).transaction() as session:
        try:
            _, password = operators.add(
                session,
                name,
                Role(role),
                language=language,
                teams=teams,
                on_call=on_call,
                pager=where,
            )
        except operators.NameTaken:
            raise click.ClickException(f"there is an operator {name!r} already") from None
        except NoSuchTeam as unknown:
            raise click.ClickException(f"there is no team {str(unknown)!r}") from None
    click.echo(f"operator {name}: sign in once with {password}, then choose your own password")


@operator.command()
@click.argument("name")
def reset(name: str) -> None:
    """Give an operator a new one-time password, take the app's codes away, sign them out everywhere."""
    with connect(load_settings()).transaction() as session:
        try:
            password = operators.reset(session, name)
        except operators.NoSuchOperator:
            raise click.ClickException(f"there is no operator {name!r}") from None
    click.echo(f"operator {name}: sign in once with {password}, then choose your own password")


@operator.command()
@click.argument("name")
def disable(name: str) -> None:
    """Lock an operator out and sign them out everywhere."""
    with connect(load_settings()).transaction() as session:
        try:
            operators.disable(session, name)
        except operators.NoSuchOperator:
            raise click.ClickException(f"there is no operator {name!r}") from None
        except operators.LastAdministrator:
            raise click.ClickException(
                f"{name!r} is the last administrator: make another one first"
            ) from None
    click.echo(f"operator {name}: disabled")


def _pager(value: str | None) -> tuple[Channel, str] | None:
    if value is None:
        return None
    channel, _, address = value.partition(":")
    if channel not in (Channel.SMS, Channel.TELEGRAM) or not address:
        raise click.UsageError("--pager must be like sms:+85512345678 or telegram:123456789")
    return Channel(channel), address
