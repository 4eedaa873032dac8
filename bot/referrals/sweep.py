"""What is due with referrals: reminding partners, giving up on silence, telling people later, tidying."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from bot import outbox, paging
from bot.models import (
    Consent,
    Delivery,
    Form,
    Message,
    Referral,
    ReferralEvent,
    ReferralState,
)
from bot.models.columns import now
from bot.referrals import steps
from bot.settings import Settings
from bot.words import say

# A partner is reminded after each of these without a step, then our people take over.
REMIND_AFTER = timedelta(days=1)
MOST_REMINDERS = 2
GIVE_UP_AFTER = {
    ReferralState.SENT: timedelta(days=3),
    ReferralState.ACCEPTED: timedelta(days=5),
    ReferralState.FIRST_CONTACT: timedelta(days=30),
}
_TELL_WITHIN = timedelta(days=3)
_AT_ONCE = 50


def run(session: Session, settings: Settings) -> int:
    """Does all that is due; how many referrals were touched."""
    touched = _withdrawn(session)
    for find in (_unsent, _waiting):  # one after the other: what the first settles the second leaves alone
        for referral in find(session):
            touched += _look_at(session, referral, settings)
    touched += _tell_later(session, settings)
    _erase_sent_links(session)
    return touched


def _waiting(session: Session) -> list[Referral]:
    return list(session.scalars(_open().where(Referral.state_at < now() - REMIND_AFTER)))


def _open() -> Select[Referral]:
    return (
        select(Referral)
        .where(Referral.state.in_(tuple(GIVE_UP_AFTER)), Referral.escalated_at.is_(None))
        .order_by(Referral.state_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )


def _unsent(session: Session) -> list[Referral]:
    """Those of the last day whose link couldn't be sent: nobody need be waited for."""
    lately = now() - REMIND_AFTER
    failed = select(Message.id).where(
        Message.kind.startswith(outbox.PARTNER_MESSAGE),
        Message.state == Delivery.FAILED,
        Message.created_at > lately,
    )
    if session.scalars(failed.limit(1)).first() is None:
        return []
    links = select(ReferralEvent.referral_id).where(
        ReferralEvent.what == "link_sent", ReferralEvent.at > lately
    )
    found = session.scalars(_open().where(Referral.id.in_(links)))
    return [referral for referral in found if _link_failed(session, referral)]


def _look_at(session: Session, referral: Referral, settings: Settings) -> int:
    state = ReferralState(referral.state)
    waited = now() - referral.state_at
    if waited > GIVE_UP_AFTER[state] or _link_failed(session, referral):
        if state == ReferralState.SENT:
            steps.no_answer(session, referral)
        else:
            referral.escalated_at = now()
            steps.note(session, referral, steps.SYSTEM, "escalated")
            steps.to_queue(session, referral, "referral_no_answer")
        paging.page_managers(session, settings)
        return 1
    last = referral.reminded_at or referral.state_at
    if (
        state != ReferralState.FIRST_CONTACT
        and referral.reminders < MOST_REMINDERS
        and now() - last > REMIND_AFTER
    ):
        _remind(session, referral, settings)
        return 1
    return 0


def _remind(session: Session, referral: Referral, settings: Settings) -> None:
    referral.reminders += 1
    referral.reminded_at = now()
    words = say("partner_reminder", Form(referral.service.referral_language), {"brand": settings.brand})
    if steps.write_to_partner(session, referral.service, words):
        steps.note(session, referral, steps.SYSTEM, "reminded")


def _link_failed(session: Session, referral: Referral) -> bool:
    sent = [event for event in steps.events(session, referral) if event.what == "link_sent"]
    number = (sent[-1].detail or {}).get("message") if sent else None
    message = session.get(Message, number) if number else None
    return message is not None and message.state == Delivery.FAILED


def _withdrawn(session: Session) -> int:
    """Referrals whose consent was withdrawn elsewhere: the page is shut already, now the rest goes."""
    query = (
        select(Referral)
        .join(Consent, Consent.id == Referral.consent_id)
        .where(Referral.state.in_(steps.OPEN), Consent.withdrawn_at.is_not(None))
        .limit(_AT_ONCE)
        .with_for_update(of=Referral, skip_locked=True)
    )
    referrals = list(session.scalars(query))
    for referral in referrals:
        steps.withdraw(session, referral)
    return len(referrals)


def _tell_later(session: Session, settings: Settings) -> int:
    """Tries again what was held back only for a time (the hour, a limit)."""
    query = (
        select(ReferralEvent)
        .where(ReferralEvent.told.is_(False), ReferralEvent.at > now() - _TELL_WITHIN)
        .order_by(ReferralEvent.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    told = 0
    for event in session.scalars(query):
        referral = session.get_one(Referral, event.referral_id)
        if (event.detail or {}).get("again") and referral.state == event.what and not referral.sensitive:
            steps.tell(session, referral, event, settings)
            told += bool(event.told)
    return told


def _erase_sent_links(session: Session) -> None:
    """A link or code that has gone out is no longer kept in words of ours."""
    done = (Delivery.SENT, Delivery.DELIVERED, Delivery.FAILED)
    session.execute(
        update(Message)
        .where(Message.kind == outbox.PARTNER_MESSAGE, Message.state.in_(done))
        .values(body="", kind=f"{outbox.PARTNER_MESSAGE}_sent")
        .execution_options(synchronize_session=False)
    )
