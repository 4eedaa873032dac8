"""Column types: text that is encrypted at rest, JSON likewise, and times in UTC."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from bot.crypto import Keyring

_keyring: Keyring | None = None


def use_keyring(keyring: Keyring) -> None:
    """Sets the keys of this process; called once, before the database is used."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    """The keys of this process. Raises RuntimeError before `use_keyring`."""
    if _keyring is None:
        raise RuntimeError("no keys: call bot.database.connect first")
    return _keyring


class Encrypted(TypeDecorator[str]):
    """Text, encrypted with the column's name authenticated: `Encrypted("message.body")`."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring().encrypt(value, self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring().decrypt(value, self.context)


class EncryptedJSON(TypeDecorator[Any]):
    """Any JSON value, encrypted as `Encrypted` does."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else keyring().encrypt(json.dumps(value), self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(keyring().decrypt(value, self.context))


class UTCTime(TypeDecorator[datetime]):
    """A time with zone, always UTC; SQLite keeps no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def blind_index(value: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    """The `info` of a column that holds a keyed hash: what is hashed, from the row in the clear.

    With it `phlov keys rotate` hashes anew under the current key.
    """
    return {"blind_index": value}


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)
