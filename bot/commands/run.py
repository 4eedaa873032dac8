"""Commands of `make run`: the settings for the processes, and the word that all is up."""

from __future__ import annotations

import os
import shlex
import socket
import sys
import time
from urllib.parse import urlsplit

import click
import requests
from sqlalchemy import select

from bot import operators
from bot.brain import RasaBrain
from bot.database import connect
from bot.models import Operator, Role
from bot.settings import Settings, UnsafeSetting, development_defaults, load_settings

FIRST_OPERATOR = "first"
# In development each role can be looked at; in production the first account makes the others.
_DEVELOPMENT_ACCOUNTS = {
    FIRST_OPERATOR: Role.SUPERVISOR,
    "manager": Role.MANAGER,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
}


@click.command(hidden=True)
def environment() -> None:
    """Print shell lines that set what is missing for development."""
    settings = load_settings()  # refuses what is unsafe before anything starts
    _require_free("PORT", settings.port)
    for url in settings.rasa_urls:
        address = urlsplit(url)
        if address.hostname in ("127.0.0.1", "localhost") and address.port:
            _require_free("RASA_URL", address.port)
    if os.environ.get("PHLOV_ENV", "development") == "development":
        for name, value in development_defaults(os.environ).items():
            if not os.environ.get(name):
                click.echo(f"export {name}={shlex.quote(value)}")


def _require_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise UnsafeSetting(name, f"port {port} is used by another program; set another one") from None


@click.command(hidden=True)
@click.option("--within", "seconds", default=120, help="Give up after this many seconds.")
def announce(seconds: int) -> None:
    """Wait until everything is up, then say where it is and how to sign in."""
    settings = load_settings()
    deadline = time.monotonic() + seconds
    brain = RasaBrain(settings)
    while not (_web_is_up(settings) and brain.is_ready()):
        if time.monotonic() > deadline:
            click.echo("phlov: not all processes are up yet; see their lines above", err=True)
            sys.exit(1)
        time.sleep(0.3)
    lines = [f"{settings.brand} is running."]
    local = f"http://127.0.0.1:{settings.port}"
    if not settings.production:
        lines.append(f"  Phone simulator    {local}/simulator")
    lines.append(f"  Operators' console {local}/console")
    lines += _first_sign_ins(settings)
    lines.append("  Ctrl-C stops everything.")
    width = max(map(len, lines))
    click.echo("\n".join(["", "=" * width, *lines, "=" * width, ""]))


def _web_is_up(settings: Settings) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{settings.port}/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _first_sign_ins(settings: Settings) -> list[str]:
    """Lines with the one-time sign-ins; new ones each time until they were used."""
    accounts = {FIRST_OPERATOR: Role.ADMINISTRATOR} if settings.production else _DEVELOPMENT_ACCOUNTS
    lines = []
    with connect(settings).transaction() as session:
        if session.scalars(select(Operator).limit(1)).first() is None:
            for name, role in accounts.items():
                operators.add(session, name, role, language="en")
        for name, role in accounts.items():
            try:
                account = operators.by_name(session, name)
            except operators.NoSuchOperator:
                continue
            if account.one_time and account.disabled_at is None:
                password = operators.reset(session, name)
                lines.append(f"  Sign in once as    {name} ({role})   with   {password}")
    return lines or ["  Sign in with your account (phlov operator add or reset makes a one-time password)."]
