"""Ticking the steps of a protocol."""

from __future__ import annotations

from flask import Blueprint, abort, g, request
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import protocols
from bot.models import Operator
from bot.permissions import Permission
from console import access
from console.access import permit
from console.thread import page


def add_routes(console: Blueprint) -> None:
    rule = f"{page.BASE}/protocols/<protocol>/<step>"
    console.add_url_rule(rule, "protocol_tick", tick, methods=["POST"])


@permit(Permission.CONVERSATION_ANSWER)
def tick(conversation_id: int, protocol: str, step: str) -> AnyResponse:
    """Ticks or unticks one step, with who and when."""
    with current.database().transaction() as db:
        conversation = access.conversation(db, conversation_id)
        operator = db.get_one(Operator, g.operator.id)
        try:
            done = request.form.get("done") == "yes"
            protocols.tick(db, operator, conversation, protocol, step, done)
        except KeyError:
            abort(404)
    return page.back_to(conversation_id, f"step-{protocol}-{step}", protocol=protocol)
