"""The directory as files: CSV and HSDS, in and out."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import audit
from bot.directory import files, hsds, hsds_package
from bot.models import Operator
from bot.permissions import Permission
from console.access import permit
from console.directory import words
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/directory/import", "directory_import", directory_import, methods=["POST"])
    console.add_url_rule("/directory/export.csv", "directory_csv", directory_csv)
    console.add_url_rule("/directory/export.json", "directory_hsds", directory_hsds)
    console.add_url_rule("/directory/export.zip", "directory_package", directory_package)


@permit(Permission.DIRECTORY_EDIT)
def directory_import() -> AnyResponse | tuple[str, int]:
    """Takes a file over whole, or names every wrong cell and takes nothing."""
    upload = request.files.get("file")
    content = upload.read() if upload else b""
    is_json = bool(upload and (upload.filename or "").endswith(".json"))
    try:
        with current.database().transaction() as db:
            operator = db.get_one(Operator, g.operator.id)
            take = hsds.import_hsds if is_json else files.import_csv
            number = take(db, content, operator)
    except files.BadFile as bad:
        page = render_template(
            "console/problems.html",
            problems=[(p.row, p.column, words.why(p.why)) for p in bad.problems],
            back=url_for("console.directory_page"),
        )
        return page, 422
    flash(_("%d entries taken over.") % number)
    return redirect(url_for("console.directory_page"))


@permit(Permission.DIRECTORY_READ)
def directory_csv() -> Response:
    with current.database().transaction() as db:
        content = files.export_csv(db, public=not _everything())
        _note(db, "csv")
    return _download(content, "text/csv; charset=utf-8", "services.csv")


@permit(Permission.DIRECTORY_READ)
def directory_hsds() -> Response:
    with current.database().transaction() as db:
        content = hsds.export_hsds(db, public=not _everything())
        _note(db, "hsds")
    return _download(content, "application/json", "services-hsds.json")


@permit(Permission.DIRECTORY_READ)
def directory_package() -> Response:
    with current.database().transaction() as db:
        content = hsds_package.export_package(db, public=not _everything())
        _note(db, "hsds_package")
    return _download(content, "application/zip", "services-hsds.zip")


def _everything() -> bool:
    return request.args.get("all") == "yes"


def _note(db: Session, kind: str) -> None:
    audit.record(db, db.get_one(Operator, g.operator.id), "directory_export", kind)


def _download(content: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=kind, headers=headers)
