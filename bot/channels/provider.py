"""What every provider can do, and how a sending can end.

`send` never raises: it returns one of four endings. Only `Sent` and `Uncertain` may have reached
the person, so only after `TryLater` is a message sent again without looking it up first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


@dataclass(frozen=True)
class Outgoing:
    """A message to send. `sender` is the number or bot that the person wrote to, if known; `automatic`
    is what the bot writes to a person by itself, to listed countries only."""

    id: int
    address: str
    text: str
    options: tuple[dict[str, str], ...] = ()
    sender: str | None = None
    automatic: bool = False


@dataclass(frozen=True)
class Sent:
    provider_id: str


@dataclass(frozen=True)
class TryLater:
    """Certainly not sent. `after` is the provider's wish in seconds, None for our own back-off."""

    error: str
    after: float | None = None


@dataclass(frozen=True)
class Refused:
    """Certainly not sent, and never will be. `gone`: the person ended messages from us."""

    error: str
    gone: bool = False


@dataclass(frozen=True)
class Uncertain:
    """The answer was lost on the way: it may have been sent."""

    error: str


@dataclass(frozen=True)
class ListedMessage:
    """A message to us as the provider's own list tells it; `at` is when the provider got it."""

    provider_id: str
    sender: str
    written_to: str
    text: str
    at: datetime
    has_media: bool = False


Ending = Sent | TryLater | Refused | Uncertain


class Provider(Protocol):
    def send(self, message: Outgoing) -> Ending:
        """Hands `message` to the provider once."""

    def find(self, message: Outgoing, since: datetime, taken: set[str]) -> Ending:
        """Whether `message` was accepted since then, other than as one of the ids in `taken`: `Sent`,
        `TryLater` where it certainly wasn't, `Uncertain` where that can't be told."""


class ProviderSession:
    """HTTP to a provider with a deadline; a failure becomes an ending."""

    def __init__(self, timeout: float) -> None:
        self._session = requests.Session()
        self._timeout = timeout

    def request(self, method: str, url: str, **options: Any) -> requests.Response | TryLater | Uncertain:
        try:
            return self._session.request(method, url, timeout=self._timeout, **options)
        except requests.RequestException as error:
            return TryLater("no_connection") if _never_connected(error) else Uncertain("no_answer")


def json_object(response: requests.Response) -> dict[str, Any]:
    """The JSON object in `response`, empty where there is none."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def seconds(value: object) -> float | None:
    """A wait in seconds as providers write it, None where it isn't one."""
    try:
        return max(0.0, min(float(str(value)), 86_400.0))
    except ValueError:
        return None


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
