"""The operators' accounts, for administrators: adding, changing, resetting and disabling them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import operators, second_factor, teams
from bot.models import Operator, Role
from bot.permissions import Permission
from bot.teams import FRONT_DESK
from console import navigation
from console.access import permit
from console.language import LANGUAGES, N_
from console.language import gettext as _
from console.step_up import fresh

_LONGEST_NAME = 40


def add_routes(console: Blueprint) -> None:
    navigation.add("console.staff_page", N_("Staff"), Permission.STAFF_MANAGE, order=20)
    console.add_url_rule("/staff", "staff_page", staff_page)
    console.add_url_rule("/staff", "staff_add", staff_add, methods=["POST"])
    base = "/staff/<int:operator_id>"
    console.add_url_rule(base, "staff_account", staff_account)
    console.add_url_rule(base, "staff_change", staff_change, methods=["POST"])
    console.add_url_rule(f"{base}/reset", "staff_reset", staff_reset, methods=["POST"])
    console.add_url_rule(f"{base}/disable", "staff_disable", staff_disable, methods=["POST"])


@fresh
@permit(Permission.STAFF_MANAGE)
def staff_page() -> str:
    with current.database().reading() as db:
        return _list(db)


@fresh
@permit(Permission.STAFF_MANAGE)
def staff_add() -> str | tuple[str, int]:
    """A new account; its one-time password is shown on this answer and never again."""
    name = request.form.get("name", "").strip()
    language = request.form.get("language", "km")
    with current.database().transaction() as db:
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            return _list(db, _("Write a name of 1 to %d characters.") % _LONGEST_NAME), 400
        try:
            _operator, password = operators.add(
                db,
                name,
                _role(),
                language=language if language in LANGUAGES else "km",
                teams=_teams(db),
                by=_me(db),
            )
        except operators.NameTaken:
            return _list(db, _("There is an account of that name already.")), 400
        return render_template("console/staff/one_time.html", name=name, password=password)


@fresh
@permit(Permission.STAFF_MANAGE)
def staff_account(operator_id: int) -> str:
    with current.database().reading() as db:
        operator = db.get(Operator, operator_id) or abort(404)
        return render_template(
            "console/staff/account.html",
            operator=operator,
            second_factor_on=second_factor.is_on(operator),
            own=operator.id == g.operator.id,
            **_choices(db),
        )


@fresh
@permit(Permission.STAFF_MANAGE)
def staff_change(operator_id: int) -> Response:
    """Another role, other teams."""
    with current.database().transaction() as db:
        operator = db.get(Operator, operator_id) or abort(404)
        try:
            operators.change(db, operator.name, _role(), _teams(db), by=_me(db))
            flash(_("Changed. They sign in anew."))
        except (operators.OwnAccount, operators.LastAdministrator) as problem:
            flash(_refusal(problem))
    return redirect(url_for("console.staff_account", operator_id=operator_id))


@fresh
@permit(Permission.STAFF_MANAGE)
def staff_reset(operator_id: int) -> Response | str:
    """A new one-time password, shown once; the second factor is set up anew at the next sign-in."""
    with current.database().transaction() as db:
        operator = db.get(Operator, operator_id) or abort(404)
        try:
            password = operators.reset(db, operator.name, by=_me(db))
        except operators.OwnAccount as problem:
            flash(_refusal(problem))
            return redirect(url_for("console.staff_account", operator_id=operator_id))
        return render_template("console/staff/one_time.html", name=operator.name, password=password)


@fresh
@permit(Permission.STAFF_MANAGE)
def staff_disable(operator_id: int) -> Response:
    with current.database().transaction() as db:
        operator = db.get(Operator, operator_id) or abort(404)
        try:
            operators.disable(db, operator.name, by=_me(db))
            flash(_("Disabled, and signed out everywhere."))
        except (operators.OwnAccount, operators.LastAdministrator) as problem:
            flash(_refusal(problem))
    return redirect(url_for("console.staff_account", operator_id=operator_id))


def _me(db: Session) -> Operator:
    return db.get_one(Operator, g.operator.id)


def _role() -> Role:
    wanted = request.form.get("role", "")
    return Role(wanted) if wanted in list(Role) else abort(400)


def _teams(db: Session) -> list[str]:
    return [team.key for team in teams.every(db) if team.key in request.form.getlist("team")]


def _list(db: Session, problem: str = "") -> str:
    return render_template(
        "console/staff/list.html",
        accounts=operators.everybody(db),
        second_factor_on=second_factor.is_on,
        problem=problem,
        chosen_team=FRONT_DESK,
        **_choices(db),
    )


def _choices(db: Session) -> dict[str, object]:
    return {"roles": list(Role), "teams": teams.every(db)}


def _refusal(problem: Exception) -> str:
    if isinstance(problem, operators.OwnAccount):
        return _("Nobody changes their own account here. Ask another administrator.")
    return _("This is the last administrator. Make another one first.")
