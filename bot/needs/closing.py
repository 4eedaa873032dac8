"""Ending a need that is over, and what goes on because of it: alerts, and asking whether help came."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import audit, intents
from bot.jobs import alerts
from bot.models import Contact, FollowUp, Need
from bot.models.columns import now
from bot.needs.keeping import needs_of

_KIND_OF_ALERT = {"job": "job_find", "training": "job_training"}
# What a word for a kind of need may mean among those that are noted.
_MEANT = {
    "documents": ("documents", *intents.DOCUMENTS),
    "job_training": ("job_training", "job_skill_recognition"),
}


def noted(session: Session, contact: Contact) -> list[str]:
    """The kinds of open needs and of job alerts of `contact`, each once, oldest first."""
    kinds = [need.kind for need in needs_of(session, contact)]
    kinds += [_KIND_OF_ALERT[alert.kind] for alert in alerts.standing(session, contact)]
    return list(dict.fromkeys(kinds))


def meant(kinds: Collection[str], among: Collection[str]) -> list[str]:
    """Those of the kinds `among` that a person means who names `kinds`."""
    wanted = {one for kind in kinds for one in _MEANT.get(kind, (kind,))}
    return [kind for kind in among if kind in wanted]


def end(session: Session, contact: Contact, kind: str, met: bool) -> None:
    """The needs of `kind` are over: met, or needed no longer."""
    for need in needs_of(session, contact):
        if need.kind == kind:
            need.state = "met" if met else "ended"
    session.flush()
    audit.record(session, None, "need_ended", f"contact:{contact.id}", kind)


def reopen(session: Session, contact: Contact, kind: str) -> bool:
    """Takes the end of the newest need of `kind` back; False where there is none."""
    query = select(Need).where(Need.contact_id == contact.id, Need.kind == kind, Need.state != "open")
    newest = session.scalars(query.order_by(Need.id.desc()).limit(1)).first()
    if newest is None:
        return False
    newest.state = "open"
    session.flush()
    return True


def goes_on(session: Session, contact: Contact, kinds: Collection[str]) -> str | None:
    """What would still be sent after `kinds` are over: `alerts`, `follow_up`, `both`, or None."""
    told = any(_KIND_OF_ALERT[alert.kind] in kinds for alert in alerts.standing(session, contact))
    query = select(FollowUp.id).where(FollowUp.contact_id == contact.id, FollowUp.state == "due")
    asked = not needs_of(session, contact) and session.scalars(query.limit(1)).first() is not None
    return "both" if told and asked else "alerts" if told else "follow_up" if asked else None


def stop(session: Session, contact: Contact, what: str) -> None:
    """Ends alerts for needs that aren't open, the follow-up that is due, or both."""
    still_open = {need.kind for need in needs_of(session, contact)}
    if what in ("alerts", "both"):
        for alert in alerts.standing(session, contact):
            if _KIND_OF_ALERT[alert.kind] not in still_open:
                alert.ended_at = now()
    if what in ("follow_up", "both"):
        session.execute(delete(FollowUp).where(FollowUp.contact_id == contact.id, FollowUp.state == "due"))
    session.flush()
    audit.record(session, None, "series_ended", f"contact:{contact.id}", what)
