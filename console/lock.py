"""The lock: after some minutes without a key or a click nothing is shown until the operator proves to be it.

The page itself is left, so that nothing stays on the screen; what was being written stays where drafts
are kept, and is there again after unlocking.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit, operators, second_factor
from bot.models import Operator, StaffSession
from bot.models.columns import now
from bot.permissions import Permission
from console import sessions
from console.access import permit
from console.language import gettext as _
from console.limits import Limits
from console.sign_in import refused


def add_routes(console: Blueprint, limits: Limits) -> None:
    console.add_url_rule("/active", "active", active, methods=["POST"])
    console.add_url_rule("/session", "session_state", session_state)
    console.add_url_rule("/lock", "lock_page", lock_page)
    console.add_url_rule("/lock", "lock", lock, methods=["POST"])
    console.add_url_rule("/unlock", "unlock", limits.secret(unlock), methods=["POST"])


@permit(Permission.OWN_ACCOUNT)
def active() -> AnyResponse:
    """The page tells that somebody typed or clicked; the request itself is the news."""
    return Response(status=204)


@sessions.passive
@permit(Permission.OWN_ACCOUNT)
def session_state() -> AnyResponse:
    """Seconds until the session locks, 0 where it is locked; asking doesn't count as being there."""
    settings = current.settings()
    with current.database().reading() as db:
        found = db.get_one(StaffSession, g.session_key)
        is_in = sessions.stage(found, settings) == sessions.Stage.IN
        left = sessions.seconds_left(found, settings) if is_in else 0
    return jsonify(seconds_left=max(0, round(left)))


@sessions.passive
@permit(Permission.OWN_ACCOUNT)
def lock_page() -> AnyResponse | str:
    """Asks for the password or a code; goes on at once where the session isn't locked."""
    where = sessions.back(request.args.get("back", ""))
    if g.stage != sessions.Stage.LOCKED:
        return redirect(where)
    return _page(where)


@permit(Permission.OWN_ACCOUNT)
def lock() -> AnyResponse:
    """Locks this session now."""
    with current.database().transaction() as db:
        db.get_one(StaffSession, g.session_key).locked_at = now()
    return redirect(url_for("console.lock_page", back=sessions.back(request.form.get("back", ""))))


@permit(Permission.OWN_ACCOUNT)
def unlock() -> AnyResponse | tuple[str, int]:
    """Opens the session again for the operator's password or a present code of their app."""
    where = sessions.back(request.form.get("back", ""))
    secret = request.form.get("secret", "")
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id, with_for_update=True)
        if not is_theirs(operator, secret):
            audit.record(db, operator, "unlock_refused", f"operator:{operator.id}")
            wrong = _("This is neither your password nor a present code.")
            return refused(db, "console/account/lock.html", wrong, back=where, **_how(operator))
        found = db.get_one(StaffSession, g.session_key)
        found.locked_at = None
        found.active_at = found.proved_at = now()
        found.refused = 0
    return redirect(where)


def is_theirs(operator: Operator, secret: str) -> bool:
    """Whether `secret` is a present code of the operator's app or their password."""
    return second_factor.check_app_code(operator, secret) or operators.verify_password(operator, secret)


def _page(where: str) -> str:
    return render_template("console/account/lock.html", back=where, **_how(g.operator))


def _how(operator: Operator) -> dict[str, object]:
    return {"has_code": second_factor.is_on(operator)}
