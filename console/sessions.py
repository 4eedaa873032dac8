"""Signed-in browsers: a random token in a cookie, its hash in the database, ended from the server.

A session goes through stages; each but the last lets nothing through but its own page.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flask import Response, current_app, g, redirect, request, url_for
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import second_factor
from bot.database import Database
from bot.models import Operator, StaffSession
from bot.models.columns import now
from bot.settings import Settings
from console import access

_View = TypeVar("_View", bound=Callable[..., Any])
LONGEST = timedelta(hours=12)
_NOTE_AFTER = timedelta(seconds=20)
_PASSIVE = "console_passive"


def cookie() -> str:
    """The cookie's name. Over https its prefix has browsers take it from this very host alone, and only
    encrypted; they ask for the path / then."""
    return "__Host-phlov_staff" if is_https() else "phlov_staff"


def cookie_path() -> str:
    return "/" if is_https() else "/console"


def is_https() -> bool:
    """Whether browsers reach us encrypted."""
    return current.settings().public_url.startswith("https://")


class Stage(StrEnum):
    """How far a session is."""

    CODE = "code"  # the password was right, the app's code is due
    CHOOSE = "choose"  # a one-time password is to be replaced
    SET_UP = "set_up"  # the second factor is required and not there yet
    LOCKED = "locked"
    IN = "in"


_PAGE = {
    Stage.CODE: "console.code_page",
    Stage.CHOOSE: "console.password_page",
    Stage.SET_UP: "console.set_up_page",
    Stage.LOCKED: "console.lock_page",
}
_REACHABLE = {
    Stage.CODE: {"console.code_page", "console.give_code"},
    Stage.CHOOSE: {"console.password_page", "console.choose_password"},
    Stage.SET_UP: {"console.set_up_page", "console.confirm_set_up"},
    Stage.LOCKED: {"console.lock_page", "console.lock", "console.unlock"},
}
_ALWAYS = {"console.sign_out", "console.session_state"}


def passive(view: _View) -> _View:
    """Marks a view that pages call by themselves: it doesn't count as somebody being there."""
    setattr(view, _PASSIVE, True)
    return view


def require_operator() -> AnyResponse | None:
    """Before every request: nothing but the sign-in is open without a session, or before its last stage."""
    found = _session_of_request()
    is_open = access.is_open(current_app, request.endpoint)
    if found is None:
        return None if is_open else go_to(url_for("console.sign_in_page"))
    g.operator, g.session_key = found.operator, found.token_hash
    g.stage = stage(found, current.settings())
    if g.stage == Stage.IN:
        _note(found)
        return None
    if is_open or request.endpoint in _REACHABLE[g.stage] | _ALWAYS:
        return None
    if g.stage == Stage.LOCKED:
        return go_to(url_for(_PAGE[g.stage], back=where()))
    return go_to(url_for(_PAGE[g.stage]))


def start(session: Session, operator: Operator, response: AnyResponse, *, code_given: bool = False) -> None:
    """Signs `operator` in on this browser, with a token that was never used before."""
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=_hash(token),
            operator_id=operator.id,
            browser=_browser(request.user_agent.string),
            code_given_at=now() if code_given else None,
            proved_at=now(),
        )
    )
    response.set_cookie(
        cookie(),
        token,
        max_age=int(LONGEST.total_seconds()),
        path=cookie_path(),
        httponly=True,
        samesite="Strict",
        secure=is_https(),
    )


def end(session: Session, response: AnyResponse) -> None:
    """Signs this browser out."""
    staff_session = session.get(StaffSession, _hash(request.cookies.get(cookie(), "")))
    if staff_session is not None:
        staff_session.ended_at = now()
    response.delete_cookie(cookie(), path=cookie_path(), secure=is_https(), httponly=True)
    response.headers["Clear-Site-Data"] = '"cache"'


def stage(session: StaffSession, settings: Settings) -> Stage:
    """How far the session is now."""
    operator = session.operator
    if second_factor.is_on(operator) and session.code_given_at is None:
        return Stage.CODE
    if operator.one_time:
        return Stage.CHOOSE
    if settings.second_factor_required and not second_factor.is_on(operator):
        return Stage.SET_UP
    if session.locked_at is not None or seconds_left(session, settings) <= 0:
        return Stage.LOCKED
    return Stage.IN


def seconds_left(session: StaffSession, settings: Settings) -> float:
    """Seconds until the session locks itself where nobody does anything."""
    locks_at = session.active_at + timedelta(minutes=settings.lock_minutes)
    return (locks_at - now()).total_seconds()


def browser_key() -> str:
    """What stands for this signed-in browser on the server."""
    return str(g.session_key)


def is_alive(database: Database, key: str, settings: Settings) -> bool:
    """Whether the browser of `browser_key` still shows pages: an endless answer asks now and then."""
    with database.reading() as session:
        found = session.get(StaffSession, key)
        return found is not None and not _is_over(found) and stage(found, settings) == Stage.IN


def open_sessions(session: Session, operator: Operator) -> list[StaffSession]:
    """The operator's sessions that aren't over, the newest first."""
    query = select(StaffSession).where(
        StaffSession.operator_id == operator.id,
        StaffSession.ended_at.is_(None),
        StaffSession.created_at > now() - LONGEST,
    )
    return list(session.scalars(query.order_by(StaffSession.created_at.desc())))


def end_others(session: Session, operator: Operator, key: str | None = None) -> None:
    """Ends the operator's other sessions, or of them the one whose name is `key`."""
    for other in open_sessions(session, operator):
        if other.token_hash != g.session_key and key in (None, name_of(other)):
            other.ended_at = now()


def name_of(session: StaffSession) -> str:
    """A name for the session that opens nothing."""
    return session.token_hash[:16]


def back(address: str) -> str:
    """The address to go back to, where it is one of the console's own pages."""
    return address if re.fullmatch(r"/console/[\w/?=&.-]*", address) else url_for("console.home")


def _session_of_request() -> StaffSession | None:
    token = request.cookies.get(cookie())
    if not token:
        return None
    with current.database().reading() as session:
        found = session.get(StaffSession, _hash(token))
        return None if found is None or _is_over(found) else found


def _is_over(session: StaffSession) -> bool:
    return bool(session.ended_at or session.operator.disabled_at or now() - session.created_at > LONGEST)


def _note(found: StaffSession) -> None:
    """Keeps when the browser was last seen, and when somebody last did something in it."""
    view = current_app.view_functions.get(request.endpoint or "")
    by_itself = (
        "poll" in request.args or getattr(view, _PASSIVE, False) or request.endpoint == "console.static"
    )
    values: dict[str, datetime] = {}
    if now() - found.seen_at > _NOTE_AFTER:
        values["seen_at"] = now()
    if not by_itself and now() - found.active_at > _NOTE_AFTER:
        values["active_at"] = now()
    if values:
        with current.database().transaction() as session:
            session.execute(
                update(StaffSession).where(StaffSession.token_hash == found.token_hash).values(**values)
            )


def where() -> str:
    """The page that the browser is on."""
    shown = request.headers.get("HX-Current-URL", "")
    if shown:
        return "/" + shown.split("/", 3)[-1].split("#")[0]
    if request.method == "GET":
        return request.full_path.rstrip("?")
    referrer = request.referrer or ""
    return "/" + referrer.split("/", 3)[-1].split("#")[0] if referrer else url_for("console.home")


def _browser(agent: str) -> str:
    """Which browser this is, in a few words, to recognise a session by."""
    signs = ("Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((sign for sign in signs if sign in agent), "?/")[:-1]
    return f"{browser} · {next((system for system in systems if system in agent), '?')}"


def go_to(address: str) -> AnyResponse:
    """Leads the browser to another page, from a part of a page too."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
