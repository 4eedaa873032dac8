"""Helpers for the tests of encryption, limits, retention and attacks."""

from __future__ import annotations

import itertools

import pytest

from bot import inbox
from bot.brain import RasaBrain
from bot.database import Database
from bot.models import Channel
from bot.settings import Settings
from bot.turn import take_turn


class Writer:
    """Writes to the helpline and has each message handled, with no brain running."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self.settings = settings
        self._brain = RasaBrain(settings)
        self._ids = itertools.count(1)

    def write(self, address: str, text: str = "", payload: str | None = None) -> None:
        """One SMS from `address`; `payload` presses a button, which needs no brain to be answered."""
        identity = f"SM{next(self._ids)}"
        inbox.accept(self._database, inbox.Inbound(Channel.SMS, identity, address, text, payload=payload))
        self.handle()

    def handle(self) -> None:
        while claim := inbox.claim_next(self._database):
            take_turn(self._database, claim, self._brain, self.settings)


@pytest.fixture
def writer(database: Database, settings: Settings) -> Writer:
    return Writer(database, settings)


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """As everywhere, with a brain that can't be reached."""
    return {**environment, "RASA_URL": "http://127.0.0.1:9"}
