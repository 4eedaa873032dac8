"""Who is on shift and how loaded, what waits and how long, and reading along."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, g, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import audit, service_level, shifts, wellbeing
from bot.models import Conversation, Operator, State
from bot.models.columns import now
from bot.permissions import Permission
from console import access, labels, navigation
from console.access import permit
from console.language import N_

_PHNOM_PENH = timezone(timedelta(hours=7))


def add_routes(console: Blueprint) -> None:
    navigation.add("console.board", N_("Supervision"), Permission.SUPERVISE, order=30)
    console.add_url_rule("/supervision", "board", board)
    console.add_url_rule("/supervision/now", "board_now", board_now)
    console.add_url_rule(
        "/supervision/read/<int:conversation_id>", "read_along", read_along, methods=["POST"]
    )


@dataclass(frozen=True)
class Colleague:
    """One operator and what they carry."""

    id: int
    name: str
    teams: str
    is_there: bool
    is_resting: bool
    needs_break: bool
    in_a_row: int
    load: int
    urgent: int


@permit(Permission.SUPERVISE)
def board() -> str:
    with current.database().reading() as db:
        return render_template("console/supervision/board.html", **_now(db))


@permit(Permission.SUPERVISE)
def board_now() -> str:
    """The figures anew."""
    with current.database().reading() as db:
        return render_template("console/supervision/_now.html", **_now(db))


@permit(Permission.SUPERVISE)
def read_along(conversation_id: int) -> Response:
    """Opens a colleague's conversation; it is written down, and the colleague sees who reads."""
    with current.database().transaction() as db:
        access.conversation(db, conversation_id)
        audit.record(db, db.get_one(Operator, g.operator.id), "read_along", f"conversation:{conversation_id}")
    return redirect(url_for("console.conversation_page", conversation_id=conversation_id))


def midnight(at: datetime | None = None) -> datetime:
    """When the day of `at` (now by default) began in Phnom Penh."""
    return (at or now()).astimezone(_PHNOM_PENH).replace(hour=0, minute=0, second=0, microsecond=0)


def _now(db: Session) -> dict[str, Any]:
    settings = current.settings()
    query = (
        select(Conversation, Operator)
        .join(Operator, Operator.id == Conversation.operator_id)
        .where(Conversation.state == State.WITH_OPERATOR)
        .order_by(Conversation.priority, Conversation.claimed_at)
    )
    held = [(conversation, owner) for conversation, owner in db.execute(query)]
    there = {one.id: one for one in shifts.on_shift(db)}
    first, backups = shifts.on_call(db)
    return {
        "colleagues": _colleagues(db, there, held),
        "held": [(conversation, owner, owner.id in there) for conversation, owner in held],
        "priorities": list(
            zip(
                service_level.waiting_now(db, settings),
                service_level.record_since(db, midnight(), settings),
                strict=True,
            )
        ),
        "targets": settings.target_minutes,
        "cap": settings.urgent_in_a_row,
        "on_call": first,
        "backups": backups,
        "labels": labels,
    }


def _colleagues(
    db: Session, there: dict[int, Operator], held: list[tuple[Conversation, Operator]]
) -> list[Colleague]:
    """Those on shift, and those who left with conversations in their hands."""
    load = Counter(owner.id for _, owner in held)
    urgent = Counter(owner.id for conversation, owner in held if conversation.priority == 1)
    resting = wellbeing.resting(db)
    cap = current.settings().urgent_in_a_row
    everyone = there | {owner.id: owner for _, owner in held}
    found = []
    for one in sorted(everyone.values(), key=lambda operator: operator.name.casefold()):
        in_a_row = wellbeing.urgent_in_a_row(db, one.id)
        found.append(
            Colleague(
                id=one.id,
                name=one.name,
                teams=", ".join(labels.team(team) for team in one.teams),
                is_there=one.id in there,
                is_resting=one.id in resting,
                needs_break=in_a_row >= cap,
                in_a_row=in_a_row,
                load=load[one.id],
                urgent=urgent[one.id],
            )
        )
    return found
