"""Links for employers: made, shown once, revoked."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response

import current
from bot.jobs import employers
from bot.models import EmployerLink, Operator
from bot.permissions import Permission
from console.access import permit
from console.jobs.pages import page
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/jobs/links", "employer_link_issue", employer_link_issue, methods=["POST"])
    console.add_url_rule(
        "/jobs/links/<int:link_id>/revoke", "employer_link_revoke", employer_link_revoke, methods=["POST"]
    )


@permit(Permission.JOBS_MODERATE)
def employer_link_issue() -> Response | str:
    name = request.form.get("employer", "").strip()
    if not name:
        flash(_("Write the employer's name."))
        return redirect(url_for("console.jobs_page"))
    with current.database().transaction() as db:
        _link, token = employers.issue(db, name, db.get_one(Operator, g.operator.id))
        return page(db, f"{current.settings().public_url}/partners/jobs/{token}")


@permit(Permission.JOBS_MODERATE)
def employer_link_revoke(link_id: int) -> Response:
    with current.database().transaction() as db:
        link = db.get(EmployerLink, link_id) or abort(404)
        employers.revoke(db, link, db.get_one(Operator, g.operator.id))
    flash(_("The link no longer opens."))
    return redirect(url_for("console.jobs_page"))
