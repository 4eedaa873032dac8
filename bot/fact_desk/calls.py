"""The log of test calls to hotlines: nobody is sent to a number that nobody has tried."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.facts import fact
from bot.models import CallOutcome, HotlineCall, Operator
from bot.models.columns import now

NETWORKS = ("smart", "cellcard", "metfone", "other")
_NUMBER = re.compile(r"\+?\d[\d ]{1,14}\d")
_ASIDE = re.compile(r"\(.*?\)")
_LONGEST_HOURS = 64
_LONGEST_NOTE = 1_000


class CallRefused(Exception):
    """A call that can't be noted; `problem` names why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def numbers(fact_id: str) -> list[str]:
    """The telephone numbers of the fact, told in replies or not."""
    known = fact(fact_id)
    told = [str(value) for name, value in known.values.items() if "phone" in name]
    return told + [found[0].strip() for found in _NUMBER.finditer(_ASIDE.sub("", known.phone))]


def note(
    session: Session,
    operator: Operator,
    fact_id: str,
    number: str,
    at: datetime,
    network: str,
    outcome: str,
    *,
    hours: str = "",
    is_free: bool | None = None,
    speaks_khmer: bool | None = None,
    words: str = "",
) -> HotlineCall:
    """Keeps a call. Raises CallRefused."""
    if number not in numbers(fact_id):
        raise CallRefused("not_its_number")
    if at > now():
        raise CallRefused("in_future")
    if network not in NETWORKS or outcome not in list(CallOutcome):
        raise CallRefused("incomplete")
    call = HotlineCall(
        fact_id=fact_id,
        number=number,
        at=at,
        operator_id=operator.id,
        network=network,
        outcome=CallOutcome(outcome),
        hours=hours.strip()[:_LONGEST_HOURS],
        is_free=is_free,
        speaks_khmer=speaks_khmer,
        note=words.strip()[:_LONGEST_NOTE],
    )
    session.add(call)
    session.flush()
    audit.record(session, operator, "test_call", f"fact:{fact_id}", call.outcome)
    return call


def of(session: Session, fact_id: str) -> list[HotlineCall]:
    """All calls to a fact's numbers, the newest first."""
    query = select(HotlineCall).where(HotlineCall.fact_id == fact_id)
    return list(session.scalars(query.order_by(HotlineCall.at.desc(), HotlineCall.id.desc())))


def newest(session: Session) -> dict[tuple[str, str], HotlineCall]:
    """The last call to each number, by fact and number."""
    calls = session.scalars(select(HotlineCall).order_by(HotlineCall.at, HotlineCall.id))
    return {(call.fact_id, call.number): call for call in calls}
