"""Telling a person when a fitting listing comes: by consent, through the rules for what we begin."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import consent, outbound
from bot.facts import today
from bot.jobs.search import fits
from bot.jobs.tell import told
from bot.models import Consent, Contact, Form, JobAlert, JobAlertSent, Listing, ListingState, Message
from bot.models.columns import now
from bot.outbound import Series
from bot.places import provinces
from bot.settings import Settings

# A listing that could not be told to somebody for this long (limits, hours) is no longer news.
_NEWS_FOR = timedelta(days=7)
_MOST_PER_PERSON = 5


def subscribe(
    session: Session,
    agreed: Consent,
    contact: Contact,
    kind: str,
    trade: str | None,
    province: str | None,
    near: bool = False,
) -> JobAlert:
    """Keeps the wish, once; `near` for the provinces next to `province` too.

    Raises NoConsent without a standing yes to be written to.
    """
    consent.require(session, agreed, contact.id)
    for alert in standing(session, contact):
        if (alert.kind, alert.trade, alert.province) == (kind, trade, province):
            alert.near = near
            return alert
    for oldest in standing(session, contact)[_MOST_PER_PERSON - 1 :]:
        oldest.ended_at = now()
    alert = JobAlert(
        contact_id=contact.id, consent_id=agreed.id, kind=kind, trade=trade, province=province, near=near
    )
    session.add(alert)
    session.flush()
    return alert


def standing(session: Session, contact: Contact) -> list[JobAlert]:
    """The person's alerts, newest first."""
    query = select(JobAlert).where(JobAlert.contact_id == contact.id, JobAlert.ended_at.is_(None))
    return list(session.scalars(query.order_by(JobAlert.id.desc())))


def delete_all(session: Session, contact: Contact) -> list[int]:
    """Deletes the person's alerts; their ids."""
    ids = list(session.scalars(select(JobAlert.id).where(JobAlert.contact_id == contact.id)))
    session.execute(delete(JobAlertSent).where(JobAlertSent.alert_id.in_(ids)))
    session.execute(delete(JobAlert).where(JobAlert.id.in_(ids)))
    return ids


def send_due(session: Session, settings: Settings) -> int:
    """Tells the listings that are new to whom they fit, as far as each may be written to now."""
    fresh = (
        select(Listing)
        .where(Listing.state == ListingState.PUBLISHED, Listing.alerted_at.is_(None))
        .where(Listing.closes_on >= today())
        .order_by(Listing.closes_on, Listing.id)
        .with_for_update(skip_locked=True)
    )
    listings = list(session.scalars(fresh))
    if not listings:
        return 0
    sent, held = 0, set()
    query = select(JobAlert, Contact).join(Contact, Contact.id == JobAlert.contact_id)
    for alert, contact in session.execute(query.where(JobAlert.ended_at.is_(None))):
        known = set(session.scalars(select(JobAlertSent.listing_id).where(JobAlertSent.alert_id == alert.id)))
        # What is in the province itself comes first: the day's limit may leave no room for more.
        for listing in sorted(listings, key=lambda one: one.province != alert.province):
            if listing.id in known or not _matches(alert, listing):
                continue
            words = told(listing, Form(contact.form), alert.province)
            answer = outbound.send(session, contact, Series.JOB_ALERT, words, [], settings)
            if isinstance(answer, Message):
                session.add(JobAlertSent(alert_id=alert.id, listing_id=listing.id))
                session.flush()
                sent += 1
            elif answer.again_at is not None:
                held.add(listing.id)
    for listing in listings:
        is_news = (listing.moderated_at or listing.created_at) > now() - _NEWS_FOR
        if listing.id not in held or not is_news:
            listing.alerted_at = now()
    return sent


def _matches(alert: JobAlert, listing: Listing) -> bool:
    return (
        alert.kind == listing.kind
        and (alert.trade is None or fits(listing, alert.trade))
        and (alert.province is None or listing.province in _places(alert))
    )


def _places(alert: JobAlert) -> tuple[str, ...]:
    if alert.province is None:
        return ()
    next_door = provinces()[alert.province].neighbours if alert.near and alert.province in provinces() else ()
    return (alert.province, *next_door)
