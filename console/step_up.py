"""Proving anew to be it, before accounts are managed or other browsers signed out: an open page on an
unwatched table is not enough for that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import current
from bot import audit, second_factor
from bot.models import Operator, StaffSession
from bot.models.columns import now
from bot.permissions import Permission
from console import sessions
from console.access import permit
from console.language import gettext as _
from console.limits import Limits
from console.lock import is_theirs
from console.sign_in import refused

_View = TypeVar("_View", bound=Callable[..., Any])
FRESH = timedelta(minutes=10)
_MARK = "console_fresh"


def fresh(view: _View) -> _View:
    """Marks a view that asks for a password or code given within the last FRESH."""
    setattr(view, _MARK, True)
    return view


def add_routes(console: Blueprint, limits: Limits) -> None:
    console.add_url_rule("/prove", "prove_page", prove_page)
    console.add_url_rule("/prove", "prove", limits.secret(prove), methods=["POST"])


def require_proof() -> Response | None:
    """Before every request that may be made: leads to the proof where the view asks for a fresh one."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, _MARK, False):
        return None
    with current.database().reading() as db:
        proved_at = db.get_one(StaffSession, g.session_key).proved_at
    if proved_at is not None and now() - proved_at < FRESH:
        return None
    return sessions.go_to(url_for("console.prove_page", back=sessions.where()))


@permit(Permission.OWN_ACCOUNT)
def prove_page() -> str:
    back = sessions.back(request.args.get("back", ""))
    return render_template("console/account/prove.html", back=back, has_code=second_factor.is_on(g.operator))


@permit(Permission.OWN_ACCOUNT)
def prove() -> Response | tuple[str, int]:
    """Takes the password or a present code, and goes back to the page that asked for it."""
    back = sessions.back(request.form.get("back", ""))
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id, with_for_update=True)
        if not is_theirs(operator, request.form.get("secret", "")):
            audit.record(db, operator, "proof_refused", f"operator:{operator.id}")
            wrong = _("This is neither your password nor a present code.")
            has_code = second_factor.is_on(operator)
            return refused(db, "console/account/prove.html", wrong, back=back, has_code=has_code)
        found = db.get_one(StaffSession, g.session_key)
        found.proved_at = now()
        found.refused = 0
    return redirect(back)
