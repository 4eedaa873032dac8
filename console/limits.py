"""How often a browser may try: made so that nobody can lock somebody else out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from bot.settings import Settings
from console import known_browsers

_View = Callable[..., Any]


class Limits:
    """The limits of the console's forms that take a secret."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["SETTINGS"]
        self._limiter = Limiter(
            get_remote_address,
            app=app,
            storage_uri=settings.redis_url or "memory://",
            in_memory_fallback_enabled=bool(settings.redis_url),
        )

    def sign_in(self, view: _View) -> _View:
        """By name and address together: trying a name stops no one who comes from elsewhere."""
        tries = self._limiter.limit("5 per minute; 40 per hour", key_func=_name_and_address, methods=["POST"])
        # From everywhere together; who comes from a browser that knows the account is counted apart.
        failures = self._limiter.limit(
            "5 per minute; 100 per hour",
            key_func=known_browsers.account_key,
            methods=["POST"],
            deduct_when=_was_wrong,
        )
        return self.flood(tries(failures(view)))

    def secret(self, view: _View) -> _View:
        """For a password or code asked of somebody who has a session: by account, and by address."""
        failures = self._limiter.limit(
            "20 per minute; 60 per hour", key_func=_account, methods=["POST"], deduct_when=_was_wrong
        )
        return self.flood(failures(view))

    def flood(self, view: _View) -> _View:
        """By address alone."""
        return self._limiter.limit("30 per minute", methods=["POST"])(view)


def _was_wrong(response: Response) -> bool:
    return response.status_code == 401


def _account() -> str:
    return f"operator {g.operator.id}" if "operator" in g else get_remote_address()


def _name_and_address() -> str:
    name = request.form.get("name", "").strip().casefold()
    return hashlib.sha256(f"{get_remote_address()} {name}".encode()).hexdigest()
