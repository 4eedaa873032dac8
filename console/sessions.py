"""Signed-in browsers: a random token in a cookie, its hash in the database, ended from the server."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from flask import Response, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot.database import Database
from bot.models import Operator, StaffSession
from bot.models.columns import now
from console import access

COOKIE = "phlov_staff"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_NOTE_SEEN_AFTER = timedelta(seconds=30)
_BEFORE_OWN_PASSWORD = frozenset({"console.password_page", "console.choose_password", "console.sign_out"})


def require_operator() -> AnyResponse | None:
    """Before every request: nothing but the sign-in is open without a session."""
    operator = _operator_of_request()
    if operator is not None:
        g.operator = operator
        is_open = access.is_open(current_app, request.endpoint)
        if operator.one_time and not is_open and request.endpoint not in _BEFORE_OWN_PASSWORD:
            return _go_to(url_for("console.password_page"))
        return None
    if access.is_open(current_app, request.endpoint):
        return None
    return _go_to(url_for("console.sign_in_page"))


def start(session: Session, operator: Operator, response: AnyResponse) -> None:
    """Signs `operator` in on this browser, with a token that was never used before."""
    token = secrets.token_urlsafe(32)
    session.add(StaffSession(token_hash=_hash(token), operator_id=operator.id))
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/console",
        httponly=True,
        samesite="Strict",
        secure=current.settings().public_url.startswith("https://"),
    )


def end(session: Session, response: AnyResponse) -> None:
    """Signs this browser out."""
    staff_session = session.get(StaffSession, _hash(request.cookies.get(COOKIE, "")))
    if staff_session is not None:
        staff_session.ended_at = now()
    response.delete_cookie(COOKIE, path="/console")
    response.headers["Clear-Site-Data"] = '"cache"'


def browser_key() -> str:
    """What stands for this signed-in browser on the server."""
    return _hash(request.cookies.get(COOKIE, ""))


def is_alive(database: Database, key: str) -> bool:
    """Whether the browser of `browser_key` is still signed in."""
    with database.reading() as session:
        return _open_session(session, key) is not None


def _open_session(session: Session, key: str) -> StaffSession | None:
    found = session.get(StaffSession, key)
    if found is None or found.ended_at or found.operator.disabled_at:
        return None
    if now() - found.seen_at > IDLE or now() - found.created_at > LONGEST:
        return None
    return found


def _operator_of_request() -> Operator | None:
    if COOKIE not in request.cookies:
        return None
    database, key = current.database(), browser_key()
    with database.reading() as session:
        found = _open_session(session, key)
        if found is None:
            return None
        operator, stale = found.operator, now() - found.seen_at > _NOTE_SEEN_AFTER
    # Pages that refresh themselves don't count as somebody being there.
    if stale and "poll" not in request.args:
        with database.transaction() as session:
            session.get_one(StaffSession, key).seen_at = now()
    return operator


def _go_to(address: str) -> AnyResponse:
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
