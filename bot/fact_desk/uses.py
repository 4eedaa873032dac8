"""Which replies rest on a fact, and how they read: in three forms, message by message, with segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import facts, notices
from bot.answers import Part, answer, topics
from bot.directory.search import Found
from bot.directory.tell import told
from bot.models import Channel, Form, Service
from bot.replies import compose

_EMERGENCY_NOTICE = ("svc-police-117", "svc-ambulance-119")


@dataclass(frozen=True)
class Use:
    """A reply that rests on a fact: `kind` is topic, service or notice; `name` which one."""

    kind: str
    name: str


@dataclass(frozen=True)
class Sent:
    """One SMS of a reply."""

    text: str
    segments: int


def by_fact(session: Session) -> dict[str, list[Use]]:
    """All replies that rest on facts, by the fact's id."""
    found: dict[str, list[Use]] = defaultdict(list)
    for name, topic in topics().items():
        for fact_id in {fact_id for part in topic.parts for fact_id in _named(part)}:
            found[fact_id].append(Use("topic", name))
    for service in session.scalars(select(Service).where(Service.active).order_by(Service.key)):
        told_of = {*service.facts, service.phone_fact.partition(".")[0]}
        for fact_id in told_of - {""}:
            found[fact_id].append(Use("service", service.key))
    for fact_id in _EMERGENCY_NOTICE:
        found[fact_id].append(Use("notice", "emergency"))
    return found


def uses(session: Session, fact_id: str) -> list[Use]:
    """All replies that rest on the fact."""
    return by_fact(session).get(fact_id, [])


def sent(session: Session, use: Use, form: Form, on: date | None = None) -> list[Sent]:
    """The SMS that a person gets one after the other (by MORE), as of the day `on`."""
    if use.kind == "notice":
        parts = [notices.emergency(form)]
    elif use.kind == "service":
        service = session.scalars(select(Service).where(Service.key == use.name)).one()
        province = (service.provinces or [""])[0]
        parts = told(Found(service, province), province, form, on)
    else:
        parts = answer(use.name, form, on=on)
    return list(_messages(parts, form))


def _messages(parts: list[str], form: Form) -> Iterator[Sent]:
    while parts:
        reply = compose(parts, [], form, Channel.SMS)
        yield Sent(reply.text, reply.segments)
        parts = list(reply.more)


def _named(part: Part) -> set[str]:
    references = (*part.values.values(), *part.unsure_values.values())
    return {*part.facts, *(reference.partition(".")[0] for reference in references)}


def expired_day() -> date:
    """A day on which every review is overdue."""
    return max(fact.review_due for fact in facts.facts().values())
