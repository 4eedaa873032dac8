"""Signing in and out: name and password, then the code of the app; and the page's language."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import audit, operators, second_factor
from bot.models import Operator, StaffSession
from bot.models.columns import now
from bot.permissions import Permission
from console import known_browsers, language, sessions
from console.access import anyone, permit
from console.language import gettext as _
from console.limits import Limits

MOST_REFUSED = 5


def add_routes(console: Blueprint, limits: Limits) -> None:
    console.add_url_rule("/sign-in", "sign_in_page", sign_in_page)
    console.add_url_rule("/sign-in", "sign_in", limits.sign_in(sign_in), methods=["POST"])
    console.add_url_rule("/code", "code_page", code_page)
    console.add_url_rule("/code", "give_code", limits.secret(give_code), methods=["POST"])
    console.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])
    console.add_url_rule("/language", "set_language", set_language, methods=["POST"])


@anyone
def sign_in_page() -> str:
    return render_template("console/account/sign_in.html")


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
            return render_template("console/account/sign_in.html", problem=failed), 401
        session.clear()
        language.use(operator)
        if not second_factor.is_on(operator):
            _signed_in(db, operator)
        response = redirect(url_for("console.home"))
        sessions.start(db, operator, response)
        known_browsers.remember(response, operator)
    return response


@permit(Permission.OWN_ACCOUNT)
def code_page() -> str:
    return render_template("console/account/code.html")


@permit(Permission.OWN_ACCOUNT)
def give_code() -> Response | tuple[str, int]:
    """Checks the code of the app, or a recovery code; too many wrong ones end this session, no other."""
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id, with_for_update=True)
        if not second_factor.check(db, operator, request.form.get("code", "")):
            return refused(db, "console/account/code.html", _("This code is wrong or was used already."))
        found = db.get_one(StaffSession, g.session_key)
        found.code_given_at = found.active_at = found.proved_at = now()
        found.refused = 0
        _signed_in(db, operator)
    return redirect(url_for("console.home"))


def refused(db: Session, template: str, problem: str, **values: object) -> Response | tuple[str, int]:
    """The page again with the problem; the last try of this session signs it out."""
    found = db.get_one(StaffSession, g.session_key)
    found.refused += 1
    if found.refused < MOST_REFUSED:
        return render_template(template, problem=problem, **values), 401
    response = redirect(url_for("console.sign_in_page"))
    audit.record(db, found.operator, "session_refused", f"operator:{g.operator.id}")
    sessions.end(db, response)
    return response


@permit(Permission.OWN_ACCOUNT)
def sign_out() -> Response:
    response = redirect(url_for("console.sign_in_page"))
    with current.database().transaction() as db:
        sessions.end(db, response)
    session.clear()
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
    return redirect(sessions.back(request.form.get("back", "")))


def _signed_in(db: Session, operator: Operator) -> None:
    if operator.signed_in_at is not None:
        when = language.moment(operator.signed_in_at)
        flash(_("Your last sign-in was on %s. If that wasn't you, tell your administrator.") % when)
    operator.signed_in_at = now()
    audit.record(db, operator, "sign_in", f"operator:{operator.id}")
