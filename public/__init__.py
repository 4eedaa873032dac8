"""The public page of figures: the same aggregates more coarsely, for partners and policy makers.

Only where PHLOV_PUBLIC_INSIGHT is on. No sign-in, no cookie, no script; whoever stands between may keep it.
"""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import current
from bot.insight import charts, disclosure, periods, snapshots, tables, words
from bot.insight.invented import is_invented
from bot.insight.known_returns import known_returns

_CACHE_SECONDS = 3600
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

blueprint = Blueprint("public", __name__, url_prefix="/figures", template_folder="templates",
                      static_folder="static", static_url_path="/static")  # fmt: skip


@blueprint.get("")
def start() -> AnyResponse:
    """Khmer unless the browser asks for English first."""
    language = request.accept_languages.best_match(words.LANGUAGES) or "km"
    response = redirect(url_for("public.page", language=language))
    response.headers["Vary"] = "Accept-Language"
    return response


@blueprint.get("/<any(km, en):language>")
def page(language: str) -> AnyResponse:
    """The newest published quarter or year, or the one that is asked for."""
    with current.database().reading() as db:
        found = snapshots.published(db, snapshots.PUBLIC)
        name = request.args.get("period", found[0].name if found else "")
        period = next((p for p in found if p.name == name), None)
        if found and period is None:
            abort(404)
        shown = snapshots.read(db, period, snapshots.PUBLIC) if period else {}
        content = render_template(
            "public/figures.html",
            language=language,
            period=period,
            periods=found,
            everyone=shown["everyone"].people if shown else None,
            tables=[shown[name] for name in tables.PUBLIC_TABLES if name in shown],
            has_chart=charts.has_chart,
            rule=disclosure.PUBLIC,
            known=known_returns(),
            invented=is_invented(db),
            brand=current.settings().brand,
            words=words,
        )
    return _cacheable(Response(content))


@blueprint.get("/<any(km, en):language>/<period>/<table>.svg")
def chart(language: str, period: str, table: str) -> AnyResponse:
    """A table's bars, or the map of provinces."""
    try:
        wanted = periods.parse(period)
    except ValueError:
        abort(404)
    with current.database().reading() as db:
        shown = snapshots.read(db, wanted, snapshots.PUBLIC).get(table)
    if shown is None or not charts.has_chart(shown):
        abort(404)
    return _cacheable(Response(charts.draw(shown, language), mimetype="image/svg+xml"))


@blueprint.after_request
def _add_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response


def _cacheable(response: Response) -> AnyResponse:
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.cache_control.public = True
    response.cache_control.max_age = _CACHE_SECONDS
    return response.make_conditional(request)
