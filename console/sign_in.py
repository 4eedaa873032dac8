"""Signing in and out, and choosing an own password after the one-time one."""

from __future__ import annotations

import hashlib

from flask import (
    Blueprint,
    Flask,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

import current
from bot import audit, operators
from bot.models import Operator
from bot.models.columns import now
from bot.permissions import Permission
from bot.settings import Settings
from console import language, sessions
from console.access import anyone, permit
from console.language import gettext as _


def add_routes(app: Flask, console: Blueprint) -> None:
    settings: Settings = app.config["SETTINGS"]
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=settings.redis_url or "memory://",
        in_memory_fallback_enabled=bool(settings.redis_url),
    )
    # By name and address together: nobody can lock another operator out by trying their name.
    tries = limiter.limit("5 per minute; 40 per hour", key_func=_name_and_address, methods=["POST"])
    flood = limiter.limit("30 per minute", methods=["POST"])

    console.add_url_rule("/sign-in", "sign_in_page", sign_in_page)
    console.add_url_rule("/sign-in", "sign_in", flood(tries(sign_in)), methods=["POST"])
    console.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])
    console.add_url_rule("/password", "password_page", password_page)
    console.add_url_rule("/password", "choose_password", flood(choose_password), methods=["POST"])
    console.add_url_rule("/language", "set_language", set_language, methods=["POST"])


@anyone
def sign_in_page() -> str:
    return render_template("console/sign_in.html")


@anyone
def sign_in() -> Response | tuple[str, int]:
    """Checks name and password; the same answer for a wrong one and for an unknown name."""
    with current.database().transaction() as db:
        operator = operators.check_password(
            db, request.form.get("name", ""), request.form.get("password", "")
        )
        if operator is None:
            audit.record(db, None, "sign_in_failed", "console")
            failed = _("Name or password is wrong.")
            return render_template("console/sign_in.html", problem=failed), 401
        session.clear()
        language.use(operator)
        operator.signed_in_at = now()
        audit.record(db, operator, "sign_in", f"operator:{operator.id}")
        response = redirect(url_for("console.home"))
        sessions.start(db, operator, response)
    return response


@permit(Permission.OWN_ACCOUNT)
def sign_out() -> Response:
    response = redirect(url_for("console.sign_in_page"))
    with current.database().transaction() as db:
        sessions.end(db, response)
    session.clear()
    return response


@permit(Permission.OWN_ACCOUNT)
def password_page() -> str:
    return render_template("console/password.html", shortest=operators.SHORTEST_PASSWORD)


@permit(Permission.OWN_ACCOUNT)
def choose_password() -> Response | tuple[str, int]:
    """Sets an own password; every other session of the operator ends."""
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        return _password_problem(_("The two passwords differ."))
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        try:
            operators.choose_password(db, operator, new)
        except ValueError:
            short = _("Choose a new password of at least %d characters.") % operators.SHORTEST_PASSWORD
            return _password_problem(short)
        operators.end_sessions(db, operator)
        response = redirect(url_for("console.home"))
        sessions.start(db, operator, response)
    flash(_("Your password is set."))
    return response


@anyone
def set_language() -> Response:
    """Switches the page's language, for the operator too when signed in."""
    wanted = request.form.get("language", "")
    if wanted in language.LANGUAGES:
        session["language"] = wanted
        if g.get("operator"):
            with current.database().transaction() as db:
                db.get_one(Operator, g.operator.id).language = wanted
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/console") else url_for("console.home"))


def _password_problem(problem: str) -> tuple[str, int]:
    page = render_template("console/password.html", shortest=operators.SHORTEST_PASSWORD, problem=problem)
    return page, 400


def _name_and_address() -> str:
    name = request.form.get("name", "").strip().casefold()
    return hashlib.sha256(f"{get_remote_address()} {name}".encode()).hexdigest()
