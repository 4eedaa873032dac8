"""A contact's alias: two neutral words that operators say instead of a name or a number.

Drawn at random, so that nothing about the person can be worked out from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml
from sqlalchemy import Connection, text

LONGEST = 48
_FILE = Path(__file__).with_name("aliases.yml")
_TRIES = 6
_NUMBERS = 10_000


def new(is_taken: Callable[[str], bool]) -> str:
    """An alias that `is_taken` denies, with a number behind it once the pairs of words run short."""
    for _ in range(_TRIES):
        alias = _pair()
        if not is_taken(alias):
            return alias
    while True:
        alias = f"{_pair()} {secrets.randbelow(_NUMBERS)}"
        if not is_taken(alias):
            return alias


def unused(connection: Connection) -> str:
    """An alias that no contact in the database has."""
    query = text("SELECT 1 FROM contact WHERE alias = :alias")
    return new(lambda alias: connection.execute(query, {"alias": alias}).first() is not None)


def _pair() -> str:
    first, second = _words()
    while True:
        pair = secrets.choice(first), secrets.choice(second)
        if pair[0] != pair[1]:
            return " ".join(pair)


@cache
def _words() -> tuple[list[str], list[str]]:
    data = yaml.safe_load(_FILE.read_text("utf-8"))
    return data["first"], data["second"]
