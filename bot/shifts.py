"""Who is there and who is on call: the signed-in operators, and the on-call rota.

The rota says who is called when. Where it names nobody, those who are always on call are
(`phlov operator add --on-call`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit, wellbeing
from bot.models import OnCallShift, Operator, StaffSession
from bot.models.columns import now
from bot.permissions import Permission, allows

# Nobody who left their desk this long ago is given a conversation.
THERE = timedelta(minutes=10)
LONGEST_SHIFT = timedelta(hours=24)
MOST_WEEKS = 26


class BadShift(Exception):
    """The times of a shift make no sense."""


def on_shift(session: Session) -> list[Operator]:
    """The operators at their desks who answer conversations, those on a break too."""
    return [operator for operator in _there(session) if allows(operator, Permission.CONVERSATION_ANSWER)]


def available(session: Session) -> list[Operator]:
    """Those on shift who aren't on a break."""
    resting = wellbeing.resting(session)
    return [operator for operator in on_shift(session) if operator.id not in resting]


def _there(session: Session) -> list[Operator]:
    there = select(StaffSession.operator_id).where(
        StaffSession.ended_at.is_(None), StaffSession.seen_at > now() - THERE
    )
    query = select(Operator).where(Operator.id.in_(there), Operator.disabled_at.is_(None))
    return sorted(session.scalars(query), key=lambda operator: operator.name.casefold())


def on_call(session: Session, at: datetime | None = None) -> tuple[list[Operator], list[Operator]]:
    """Who is called first at this time (now by default), and who as backup."""
    at = at or now()
    query = (
        select(Operator, OnCallShift.backup)
        .join(OnCallShift, OnCallShift.operator_id == Operator.id)
        .where(OnCallShift.starts_at <= at, OnCallShift.ends_at > at, Operator.disabled_at.is_(None))
    )
    rows = session.execute(query).all()
    first = [operator for operator, backup in rows if not backup]
    backups = [operator for operator, backup in rows if backup]
    return first or always_on_call(session), backups


def always_on_call(session: Session) -> list[Operator]:
    """Who is called whenever the rota names nobody."""
    query = select(Operator).where(Operator.on_call.is_(True), Operator.disabled_at.is_(None))
    return list(session.scalars(query.order_by(Operator.id)))


def plan(
    session: Session,
    by: Operator,
    operator: Operator,
    starts_at: datetime,
    ends_at: datetime,
    *,
    backup: bool = False,
    weeks: int = 1,
) -> list[OnCallShift]:
    """Puts a shift on the rota, for so many weeks. Raises BadShift."""
    if not starts_at < ends_at <= starts_at + LONGEST_SHIFT or not 1 <= weeks <= MOST_WEEKS:
        raise BadShift
    shifts = [
        OnCallShift(
            operator_id=operator.id,
            starts_at=starts_at + timedelta(weeks=week),
            ends_at=ends_at + timedelta(weeks=week),
            backup=backup,
        )
        for week in range(weeks)
    ]
    session.add_all(shifts)
    session.flush()
    audit.record(session, by, "on_call_plan", f"operator:{operator.id}", f"{weeks} shifts")
    return shifts


def remove(session: Session, by: Operator, shift: OnCallShift) -> None:
    """Takes a shift off the rota."""
    audit.record(session, by, "on_call_remove", f"operator:{shift.operator_id}")
    session.delete(shift)


def coming(session: Session, until: datetime) -> list[tuple[OnCallShift, Operator]]:
    """The shifts that haven't ended and begin before `until`."""
    query = (
        select(OnCallShift, Operator)
        .join(Operator, Operator.id == OnCallShift.operator_id)
        .where(OnCallShift.ends_at > now(), OnCallShift.starts_at < until)
        .order_by(OnCallShift.starts_at, OnCallShift.backup)
    )
    return [(shift, operator) for shift, operator in session.execute(query)]


def gaps(shifts: Iterable[OnCallShift], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The times between `start` and `end` in which the rota names nobody as first."""
    found = []
    covered = start
    for shift in sorted((s for s in shifts if not s.backup), key=lambda s: s.starts_at):
        if shift.starts_at > covered:
            found.append((covered, min(shift.starts_at, end)))
        covered = max(covered, shift.ends_at)
        if covered >= end:
            return found
    return [*found, (covered, end)]
