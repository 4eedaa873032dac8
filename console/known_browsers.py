"""Browsers that have signed in to an account before: guessing from elsewhere doesn't slow them down.

The cookie says which account, by keyed hash and signed; it opens nothing.
"""

from __future__ import annotations

import hashlib

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from bot import operators
from bot.models import Operator
from console import sessions

_SECONDS = 180 * 24 * 3600


def remember(response: Response, operator: Operator) -> None:
    """Notes in the browser that `operator` has signed in here."""
    response.set_cookie(
        _name(),
        _signer().dumps(operator.name_hash),
        max_age=_SECONDS,
        path=sessions.cookie_path(),
        httponly=True,
        samesite="Strict",
        secure=sessions.is_https(),
    )


def account_key() -> str:
    """What the wrong passwords of a sign-in are counted by: the account's name; in a browser that knows
    the account, that browser."""
    name = request.form.get("name", "")
    token = request.cookies.get(_name(), "")
    try:
        known = _signer().loads(token, max_age=_SECONDS)
    except BadSignature:
        known = None
    key = f"browser {token}" if known in operators.name_hashes(name) else f"name {name.strip().casefold()}"
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _name() -> str:
    return sessions.cookie().replace("staff", "known")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="known browser")
