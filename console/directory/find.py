"""The list of services: by need, province and words."""

from __future__ import annotations

from flask import Blueprint, render_template, request

import current
from bot.directory import codes, search
from bot.models import Form
from bot.permissions import Permission
from bot.places import provinces
from console.access import permit
from console.directory import words


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/directory", "directory_page", directory_page)


@permit(Permission.DIRECTORY_READ)
def directory_page() -> str:
    need, province = request.args.get("need", ""), request.args.get("province", "")
    text = request.args.get("q", "").strip().casefold()[:80]
    with current.database().reading() as db:
        found = search.find(db, need=need or None, province=province or None, for_operator=True)
        shown = [f for f in found if not text or text in _names(f)]
        return render_template(
            "console/directory/list.html",
            rows=[(f.service, words.state(f.service), words.places(f.service)) for f in shown],
            need=need,
            province=province,
            text=request.args.get("q", "")[:80],
            needs=[(code, words.need(code)) for code in codes.NEEDS],
            provinces=[(code, p.name(words.form())) for code, p in provinces().items()],
            name=lambda service: search.name_of(service, words.form()),
        )


def _names(found: search.Found) -> str:
    service = found.service
    names = [search.name_of(service, form) for form in Form]
    organisation = service.organisation
    return " ".join([*names, organisation.name_en, organisation.name_km, service.place_en]).casefold()
