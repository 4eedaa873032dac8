"""Who else has a conversation open: said by the page, shown to the others."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy import select

import current
from bot import transfers, unread
from bot.events import Kind
from bot.models import Operator
from bot.permissions import Permission
from console import access
from console.access import permit


def add_routes(console: Blueprint) -> None:
    address = "/conversations/<int:conversation_id>/presence"
    console.add_url_rule(address, "presence", presence)
    console.add_url_rule(address, "note_presence", note_presence, methods=["POST"])


@permit(Permission.CONVERSATION_READ)
def presence(conversation_id: int) -> str:
    """The colleagues who are there, in words."""
    with current.database().reading() as db:
        conversation = access.conversation(db, conversation_id)
        here = current.presence().viewers(conversation_id)
        names = select(Operator.id, Operator.name).where(
            Operator.id.in_([viewer.operator_id for viewer in here])
        )
        known = {row.id: row.name for row in db.execute(names)}
        transfer = transfers.last_to(db, conversation_id, g.operator.id)
    given = {"name": transfer[1].name, "at": transfer[0].at} if transfer else None
    others = [
        (known[viewer.operator_id], viewer.typing, viewer.operator_id == conversation.operator_id)
        for viewer in here
        if viewer.operator_id != g.operator.id and viewer.operator_id in known
    ]
    return render_template("console/live/_viewers.html", others=others, given=given)


@permit(Permission.CONVERSATION_READ)
def note_presence(conversation_id: int) -> Response:
    """The page is open (`looking` where it is in front, `typing` while a reply is written), or `left`."""
    database, feed = current.database(), current.feed()
    with database.reading() as db:
        access.conversation(db, conversation_id)
        is_new = "looking" in request.form and unread.has_news(db, conversation_id, g.operator.id)
    if "left" in request.form:
        current.presence().leave(conversation_id, g.operator.id)
        feed.tell(Kind.PRESENCE, conversation_id)
        return Response(status=204)
    if is_new:
        with database.transaction() as db:
            unread.mark_read(db, conversation_id, g.operator.id)
    if current.presence().note(conversation_id, g.operator.id, "typing" in request.form):
        feed.tell(Kind.PRESENCE, conversation_id)
    return Response(status=204)
