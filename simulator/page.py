"""The page with the two phones."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template, request

import current
from bot import segments

blueprint = Blueprint(
    "simulator",
    __name__,
    url_prefix="/simulator",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)

PHONES = ("+85510000001", "+85510000002", "+66800000003", "85510000004")
CHATS = ("700000001", "700000002", "700000003")
EXAMPLES = (
    "ខ្ញុំបាត់អត្តសញ្ញាណប័ណ្ណ ធ្វើម៉េច?",
    "khnhom jong tver passport, ponman luy?",
    "where can i learn to sew in takeo",
    "jom peak bank ot mean luy song",
    "my husband hits me when he drinks",
    "0",
    "MORE",
    "STOP",
)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("")
def show() -> Response:
    settings = current.settings()
    page = render_template(
        "simulator.html",
        brand=settings.brand,
        service_number=settings.twilio_from,
        phones=PHONES,
        chats=CHATS,
        examples=EXAMPLES,
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/count")
def count() -> Response:
    """Characters and SMS segments of a text being written."""
    text = request.args.get("text", "")[:5000]
    return jsonify({"characters": len(text), "segments": segments.count(text) if text else 0})
