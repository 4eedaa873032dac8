"""Who may use which page: every route of the console says so, and one that says nothing is closed.

`@permit(Permission.X)` opens a view to the roles that have the permission, `@anyone` to people who
aren't signed in. Which conversations an operator sees within that is decided by `conversation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session

from bot import openings
from bot.models import Conversation
from bot.permissions import Permission, allows

_View = TypeVar("_View", bound=Callable[..., Any])
_DECISION = "console_access"
_ANYONE = "anyone"
# The view of static files is Flask's own and can't be marked.
_OPEN_ENDPOINTS = frozenset({"console.static"})


def permit(permission: Permission) -> Callable[[_View], _View]:
    """Opens the view to signed-in operators whose role has `permission`."""

    def mark(view: _View) -> _View:
        setattr(view, _DECISION, permission)
        return view

    return mark


def anyone(view: _View) -> _View:
    """Opens the view to everybody, signed in or not."""
    setattr(view, _DECISION, _ANYONE)
    return view


def is_open(app: Flask, endpoint: str | None) -> bool:
    """Whether the endpoint needs no sign-in."""
    return endpoint in _OPEN_ENDPOINTS or _decision(app, endpoint) == _ANYONE


def permission_for(app: Flask, endpoint: str | None) -> Permission | None:
    """The permission that the endpoint asks for; None where it is open or undecided."""
    decision = _decision(app, endpoint)
    return decision if isinstance(decision, Permission) else None


def is_decided(app: Flask, endpoint: str | None) -> bool:
    """Whether somebody decided who may use the endpoint."""
    return endpoint in _OPEN_ENDPOINTS or _decision(app, endpoint) is not None


def require_permission() -> None:
    """Before every request, after the sign-in was checked: 403 unless the route's decision allows it."""
    endpoint = request.endpoint
    if is_open(current_app, endpoint):
        return
    permission = permission_for(current_app, endpoint)
    if permission is None or not allows(g.operator, permission):
        abort(403)


def can(name: str) -> bool:
    """For templates: whether the signed-in operator has the permission of this name."""
    return "operator" in g and allows(g.operator, Permission(name))


def conversation(db: Session, conversation_id: int) -> Conversation:
    """The conversation, where this operator may see it.

    Another team's is answered like one that isn't there; where a conversation itself was asked for by
    its number, a page asks for the reason to open it.
    """
    found = db.get(Conversation, conversation_id)
    if found is None:
        abort(404)
    if not openings.may_open(db, g.operator, found):
        is_page = request.method == "GET" and "HX-Request" not in request.headers
        is_asked_for = (request.view_args or {}).get("conversation_id") == conversation_id
        if is_page and is_asked_for and allows(g.operator, Permission.CONVERSATION_READ):
            abort(redirect(url_for("console.glass_page", conversation_id=conversation_id)))
        abort(404)
    return found


def _decision(app: Flask, endpoint: str | None) -> object:
    return getattr(app.view_functions.get(endpoint or ""), _DECISION, None)
