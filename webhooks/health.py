"""Is it alive, is it ready, and figures for monitoring. No secrets and nothing of anyone."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

import current
from bot.brain import RasaBrain
from bot.database import is_migrated
from bot.models import Conversation, Delivery, Direction, Message, State
from bot.models.columns import now

blueprint = Blueprint("health", __name__)


@blueprint.get("/live")
def live() -> Response:
    """200 while the process answers."""
    return jsonify({"live": True})


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    """200 when messages can be stored; `brain` tells whether the bot answers or people do."""
    settings = current.settings()
    try:
        database_ready = is_migrated(current.database())
    except SQLAlchemyError:
        database_ready = False
    brain = RasaBrain(settings).is_ready()
    return jsonify({"database": database_ready, "brain": brain}), 200 if database_ready else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus figures, for callers on this machine or a private network only."""
    caller = ipaddress.ip_address(request.remote_addr or "255.255.255.255")
    if not caller.is_private or request.headers.get("X-Forwarded-For"):
        abort(404)
    registry = CollectorRegistry()
    messages = Gauge(
        "phlov_messages", "Messages by direction and state", ["direction", "state"], registry=registry
    )
    queue = Gauge("phlov_queue", "Conversations waiting, by priority", ["priority"], registry=registry)
    oldest = Gauge("phlov_oldest_unhandled_seconds", "Age of the oldest unhandled message", registry=registry)
    with current.database().reading() as session:
        counted = select(Message.direction, Message.state, func.count()).group_by(
            Message.direction, Message.state
        )
        for direction, state, number in session.execute(counted):
            messages.labels(direction, state).set(number)
        waiting = (
            select(Conversation.priority, func.count())
            .where(Conversation.state == State.WAITING)
            .group_by(Conversation.priority)
        )
        for priority, number in session.execute(waiting):
            queue.labels(str(priority)).set(number)
        first = session.scalars(
            select(Message.created_at)
            .where(Message.direction == Direction.IN, Message.state == Delivery.RECEIVED)
            .order_by(Message.id)
            .limit(1)
        ).first()
    oldest.set((now() - first).total_seconds() if first else 0)
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)
