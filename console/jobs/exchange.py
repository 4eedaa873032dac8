"""Listings as CSV, in and out."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit
from bot.directory.files import BadFile
from bot.jobs import files
from bot.models import Operator
from bot.permissions import Permission
from console.access import permit
from console.directory.words import why
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/jobs/import", "jobs_import", jobs_import, methods=["POST"])
    console.add_url_rule("/jobs/export.csv", "jobs_csv", jobs_csv)


@permit(Permission.JOBS_MODERATE)
def jobs_import() -> AnyResponse | tuple[str, int]:
    """Takes a file over whole, or names every wrong cell and takes nothing."""
    upload = request.files.get("file")
    try:
        with current.database().transaction() as db:
            content = upload.read() if upload else b""
            number, held = files.import_csv(db, content, db.get_one(Operator, g.operator.id))
    except BadFile as bad:
        page = render_template(
            "console/problems.html",
            problems=[(p.row, p.column, why(p.why)) for p in bad.problems],
            back=url_for("console.jobs_page"),
        )
        return page, 422
    flash(_("%d entries taken over.") % number)
    if held:
        flash(_("%d of them have signs of fraud and wait for a moderator.") % held)
    return redirect(url_for("console.jobs_page"))


@permit(Permission.JOBS_MODERATE)
def jobs_csv() -> Response:
    with current.database().transaction() as db:
        content = files.export_csv(db)
        audit.record(db, db.get_one(Operator, g.operator.id), "listings_export", "csv")
    headers = {"Content-Disposition": 'attachment; filename="listings.csv"'}
    return Response(content, content_type="text/csv; charset=utf-8", headers=headers)
