"""A brain to talk to: the one that runs, or one started for the length of a command."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from bot.brain import RasaBrain
from bot.learning import models
from bot.settings import ROOT, Settings

_START_SECONDS = 120


@contextmanager
def running_brain(settings: Settings) -> Iterator[RasaBrain]:
    """The brain at RASA_URL where it is ready, else an own process of the trained model."""
    brain = RasaBrain(settings)
    if brain.is_ready():
        yield brain
        return
    with running_model(settings, models.current()) as own:
        yield own


@contextmanager
def running_model(settings: Settings, name: str) -> Iterator[RasaBrain]:
    """An own brain process that serves the model `name`."""
    try:
        models.file_of(name)
    except models.ModelRefused as problem:
        raise click.ClickException(f"{problem}; `make train` trains one") from None
    url = f"http://127.0.0.1:{free_port()}"
    own = replace(settings, rasa_urls=(url,))
    environment = {**os.environ, "RASA_URL": url, "RASA_TOKEN": settings.rasa_token, "PHLOV_MODEL": name}
    click.echo(f"starting the brain ({name}) …", err=True)
    process = subprocess.Popen(  # noqa: S603
        [str(ROOT / "bin" / "brain")], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        brain = RasaBrain(own)
        deadline = time.monotonic() + _START_SECONDS
        while not brain.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise click.ClickException("the brain didn't start: try `bin/brain` to see why")
            time.sleep(0.2)
        yield brain
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
