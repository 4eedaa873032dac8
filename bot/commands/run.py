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
    sign_in = _first_sign_in(settings)
    lines.append(f"  {sign_in}")
    lines.append("  Ctrl-C stops everything.")
    width = max(map(len, lines))
    click.echo("\n".join(["", "=" * width, *lines, "=" * width, ""]))


def _web_is_up(settings: Settings) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{settings.port}/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _first_sign_in(settings: Settings) -> str:
    """The first operator's one-time sign-in; a new one each time until it was used."""
    with connect(settings).transaction() as session:
        any_operator = session.scalars(select(Operator).limit(1)).first()
        if any_operator is None:
            _, password = operators.add(session, FIRST_OPERATOR, Role.SUPERVISOR, language="en")
        else:
            try:
                first = operators.by_name(session, FIRST_OPERATOR)
            except operators.NoSuchOperator:
                return "Sign in with your account (phlov operator add makes one)."
            if not first.one_time or first.disabled_at is not None:
                return "Sign in with your account (phlov operator reset NAME gives a new one-time password)."
            password = operators.reset(session, FIRST_OPERATOR)
    return f"Sign in once as   {FIRST_OPERATOR}   with   {password}   and choose your own password."
