"""An operator's own account: password, second factor, and the browsers that are signed in."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

import current
from bot import audit, operators, passwords, second_factor
from bot.models import Operator, StaffSession
from bot.models.columns import now
from bot.permissions import Permission
from console import navigation, sessions
from console.access import permit
from console.language import N_
from console.language import gettext as _
from console.limits import Limits
from console.sign_in import refused
from console.step_up import fresh


def add_routes(console: Blueprint, limits: Limits) -> None:
    navigation.add("console.account_page", N_("My account"), Permission.OWN_ACCOUNT, order=90)
    console.add_url_rule("/account", "account_page", account_page)
    console.add_url_rule("/account/sessions", "end_sessions", end_sessions, methods=["POST"])
    console.add_url_rule("/password", "password_page", password_page)
    console.add_url_rule("/password", "choose_password", limits.secret(choose_password), methods=["POST"])
    console.add_url_rule("/second-factor", "set_up_page", set_up_page)
    console.add_url_rule("/second-factor", "confirm_set_up", limits.secret(confirm_set_up), methods=["POST"])
    console.add_url_rule(
        "/second-factor/recovery", "renew_codes", limits.secret(renew_codes), methods=["POST"]
    )


@permit(Permission.OWN_ACCOUNT)
def account_page() -> str:
    with current.database().reading() as db:
        operator = db.get_one(Operator, g.operator.id)
        return render_template(
            "console/account/account.html",
            operator=operator,
            second_factor_on=second_factor.is_on(operator),
            codes_left=second_factor.recovery_codes_left(db, operator),
            open_sessions=sessions.open_sessions(db, operator),
            name_of=sessions.name_of,
            locked=lambda found: sessions.stage(found, current.settings()) == sessions.Stage.LOCKED,
        )


@fresh
@permit(Permission.OWN_ACCOUNT)
def end_sessions() -> Response:
    """Ends one other session of the operator, or all others."""
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        sessions.end_others(db, operator, request.form.get("session") or None)
        audit.record(db, operator, "sessions_end", f"operator:{operator.id}")
    flash(_("Signed out there."))
    return redirect(url_for("console.account_page"))


@permit(Permission.OWN_ACCOUNT)
def password_page() -> str:
    return _password_page()


@permit(Permission.OWN_ACCOUNT)
def choose_password() -> Response | tuple[str, int]:
    """Sets an own password; every other session of the operator ends."""
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        return _password_page(_("The two passwords differ.")), 400
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        if not operator.one_time and not operators.verify_password(operator, request.form.get("old", "")):
            wrong = _("The present password is wrong.")
            return refused(db, "console/account/password.html", wrong, shortest=passwords.SHORTEST)
        try:
            operators.choose_password(db, operator, new)
        except passwords.BadPassword as bad:
            return _password_page(_why_not(bad.reason)), 400
        code_given = db.get_one(StaffSession, g.session_key).code_given_at is not None
        operators.end_sessions(db, operator)
        response = redirect(url_for("console.home"))
        sessions.start(db, operator, response, code_given=code_given)
    flash(_("Your password is set."))
    return response


@permit(Permission.OWN_ACCOUNT)
def set_up_page() -> Response | str:
    """The picture for the app. Whoever has a second factor keeps it: only a reset takes it away."""
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        if second_factor.is_on(operator):
            return redirect(url_for("console.account_page"))
        if operator.totp_secret is None:
            second_factor.begin(operator)
        return render_template("console/account/set_up.html", **_for_app(operator))


@permit(Permission.OWN_ACCOUNT)
def confirm_set_up() -> Response | str | tuple[str, int]:
    """Turns the second factor on with a first code of the app, and shows the recovery codes once."""
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id, with_for_update=True)
        if second_factor.is_on(operator) or operator.totp_secret is None:
            return redirect(url_for("console.set_up_page"))
        codes = second_factor.confirm(db, operator, request.form.get("code", ""))
        if codes is None:
            wrong = _("This code is wrong. Give the one that the app shows now.")
            page = render_template("console/account/set_up.html", problem=wrong, **_for_app(operator))
            return page, 401
        for other in sessions.open_sessions(db, operator):
            if other.token_hash == g.session_key:
                other.code_given_at = now()
            else:
                other.ended_at = now()
        g.stage = sessions.Stage.IN
        return render_template("console/account/recovery_codes.html", codes=codes)


@permit(Permission.OWN_ACCOUNT)
def renew_codes() -> str | Response | tuple[str, int]:
    """New recovery codes, for a present code of the app."""
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id, with_for_update=True)
        if not second_factor.check_app_code(operator, request.form.get("code", "")):
            flash(_("This code is wrong or was used already."))
            return redirect(url_for("console.account_page"))
        codes = second_factor.renew_recovery_codes(db, operator)
        return render_template("console/account/recovery_codes.html", codes=codes)


def _password_page(problem: str = "") -> str:
    return render_template("console/account/password.html", shortest=passwords.SHORTEST, problem=problem)


def _why_not(reason: str) -> str:
    words = {
        "short": _("Choose a new password of at least %d characters.") % passwords.SHORTEST,
        "long": _("Choose a password of at most %d characters.") % passwords.LONGEST,
        "common": _("This password is easily guessed. Choose a sentence that only you know."),
        "same": _("This is the password that you have. Choose a new one."),
    }
    return words[reason]


def _for_app(operator: Operator) -> dict[str, object]:
    brand = current.settings().brand
    secret = operator.totp_secret or ""
    return {
        # Made here from our own secret; nothing of it was written by anybody.
        "picture": Markup(second_factor.picture(operator, brand)),  # noqa: S704
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    }
