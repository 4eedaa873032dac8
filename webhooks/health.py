"""Is it alive, is it ready, and figures for monitoring. No secrets and nothing of anyone."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

import current
from bot import metrics as figures
from bot.brain import RasaBrain
from bot.database import check_keys, is_migrated
from bot.settings import UnsafeSetting

blueprint = Blueprint("health", __name__)


@blueprint.get("/live")
def live() -> Response:
    """200 while the process answers."""
    return jsonify({"live": True})


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    """200 while messages can be stored, so that none is turned away; 503 while they can't.

    `status` is `ready`, `degraded` (a worker or the brain is missing: messages are kept, and people
    answer) or `down`. With `?all` only `ready` is 200: for monitoring, not for a load balancer.
    """
    state = {"database": False, "migrated": False, "keys": False, "worker": False}
    database = current.database()
    try:
        state["migrated"] = is_migrated(database)
        state["database"] = True
        check_keys(database)
        state["keys"] = True
        with database.reading() as session:
            state["worker"] = figures.living_workers(session) > 0
    except (SQLAlchemyError, UnsafeSetting):
        pass  # what is missing is told by the answer
    stores = state["database"] and state["migrated"] and state["keys"]
    state["brain"] = RasaBrain(current.settings()).is_ready()
    whole = all(state.values())
    status = "ready" if whole else "degraded" if stores else "down"
    good = whole if "all" in request.args else stores
    return jsonify({"status": status, **state}), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus figures, for callers on this machine or a private network only."""
    caller = ipaddress.ip_address(request.remote_addr or "255.255.255.255")
    if not caller.is_private or request.headers.get("X-Forwarded-For"):
        abort(404)
    settings = current.settings()
    brain_ready = RasaBrain(settings).is_ready()
    with current.database().reading() as session:
        content = figures.rendered(session, settings, brain_ready)
    return Response(content, mimetype=CONTENT_TYPE_LATEST)
