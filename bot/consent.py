"""Consent: one purpose a question, in words that are kept as they were shown, withdrawn at any time.

A no is remembered for a month, so that it isn't asked again at once. Nothing but keeping, sharing and
writing later depends on a yes; answers and people never do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Consent, ConsentText, Contact, Form, Operator
from bot.models.columns import now

KEEP_NEEDS = "keep_needs"
SHARE = "share"  # with one partner, named in the record
CONTACT_LATER = "contact_later"
LEARN = "learn"  # from messages, without names and numbers (bot/learning/by_consent.py)
PURPOSES = (KEEP_NEEDS, SHARE, CONTACT_LATER, LEARN)

# On what ground an operator may go on without the person's own yes, and for what.
EXCEPTIONS = {"emergency": (SHARE, KEEP_NEEDS), "adult": (SHARE, KEEP_NEEDS, CONTACT_LATER)}

REFUSAL_REMEMBERED = timedelta(days=30)


class NoConsent(ValueError):
    """There is no standing yes for what was to be done."""


def show(session: Session, purpose: str, form: Form, text: str) -> str:
    """Keeps the words of a question as they are shown now; their version."""
    version = hashlib.sha256(f"{purpose}\n{form}\n{text}".encode()).hexdigest()[:16]
    if session.get(ConsentText, version) is None:
        session.add(ConsentText(version=version, purpose=purpose, form=form, text=text))
        session.flush()
    return version


def record(
    session: Session,
    contact: Contact,
    purpose: str,
    given: bool,
    version: str,
    *,
    partner: str | None = None,
    form: Form | None = None,
) -> Consent:
    """Keeps the person's answer to the question of `version` (from `show`).

    The answers before it to the same question no longer stand. Raises ValueError for sharing without
    a partner, and for a purpose that isn't known.
    """
    if purpose not in PURPOSES or (purpose == SHARE) != (partner is not None):
        raise ValueError("a consent is for one of PURPOSES, and for sharing with one partner")
    shown = session.get(ConsentText, version)
    _end(session, _unwithdrawn(session, contact, purpose, partner))
    consent = Consent(
        contact_id=contact.id,
        purpose=purpose,
        partner=partner,
        given=given,
        text_version=version,
        form=shown.form if shown else form or contact.form,
        channel=contact.channel,
    )
    session.add(consent)
    session.flush()
    return consent


def record_exception(
    session: Session,
    contact: Contact,
    purpose: str,
    operator: Operator,
    basis: str,
    reason: str,
    partner: str | None = None,
) -> Consent:
    """Keeps that an operator went on without the person's own yes: `basis` is `emergency` (a life is
    in danger) or `adult` (an adult answered for a child). Raises ValueError without a reason."""
    if purpose not in EXCEPTIONS.get(basis, ()) or not reason.strip():
        raise ValueError("an exception has a basis that covers its purpose, and a reason")
    consent = Consent(
        contact_id=contact.id,
        purpose=purpose,
        partner=partner,
        given=True,
        basis=basis,
        operator_id=operator.id,
        reason=reason.strip(),
        text_version=basis,
        form=contact.form,
        channel=contact.channel,
    )
    session.add(consent)
    session.flush()
    audit.record(session, operator, "consent_exception", f"contact:{contact.id}", f"{purpose} {basis}")
    return consent


def standing(session: Session, contact: Contact, purpose: str, partner: str | None = None) -> Consent | None:
    """The answer that stands: a yes that wasn't withdrawn, or a no of the last month; else None."""
    newest = next(iter(_unwithdrawn(session, contact, purpose, partner)), None)
    if newest is None or newest.given or newest.at > now() - REFUSAL_REMEMBERED:
        return newest
    return None


def is_given(session: Session, contact: Contact, purpose: str, partner: str | None = None) -> bool:
    """Whether there is a standing yes."""
    answer = standing(session, contact, purpose, partner)
    return answer is not None and answer.given


def may_ask(session: Session, contact: Contact, purpose: str, partner: str | None = None) -> bool:
    """Whether the question may be put now: not to a child alone, not to somebody who has answered,
    and not to somebody who withdrew within the month."""
    if contact.seems_child or standing(session, contact, purpose, partner) is not None:
        return False
    recent = select(Consent).where(
        *_of(contact, purpose, partner), Consent.withdrawn_at > now() - REFUSAL_REMEMBERED
    )
    return session.scalars(recent).first() is None


def has_refused(session: Session, contact: Contact, purpose: str) -> bool:
    """Whether the last word on `purpose` was a no, or a yes that was withdrawn, however long ago."""
    newest = select(Consent).where(*_of(contact, purpose, None)).order_by(Consent.id.desc()).limit(1)
    last = session.scalars(newest).first()
    return last is not None and not (last.given and last.withdrawn_at is None)


def require(session: Session, consent: Consent | None, contact_id: int) -> Consent:
    """`consent`, where it is a standing yes of this contact. Raises NoConsent."""
    if consent is None or not consent.given or consent.withdrawn_at is not None:
        raise NoConsent("kept, shared and written later only by consent")
    if consent.contact_id != contact_id:
        raise NoConsent("somebody else's consent")
    return consent


def withdraw(session: Session, contact: Contact, purposes: Iterable[str] = PURPOSES) -> list[Consent]:
    """Withdraws every standing yes to `purposes`; what rested on it is for the caller to end
    (bot/privacy.py)."""
    query = select(Consent).where(Consent.contact_id == contact.id, Consent.purpose.in_(tuple(purposes)))
    query = query.where(Consent.given.is_(True), Consent.withdrawn_at.is_(None))
    ended = list(session.scalars(query))
    _end(session, ended)
    if ended:
        names = " ".join(sorted({one.purpose for one in ended}))
        audit.record(session, None, "consent_withdrawn", f"contact:{contact.id}", names)
    return ended


def given(session: Session, contact: Contact) -> list[Consent]:
    """Every standing yes, oldest first."""
    query = select(Consent).where(Consent.contact_id == contact.id, Consent.given.is_(True))
    return list(session.scalars(query.where(Consent.withdrawn_at.is_(None)).order_by(Consent.id)))


def _unwithdrawn(session: Session, contact: Contact, purpose: str, partner: str | None) -> list[Consent]:
    query = select(Consent).where(*_of(contact, purpose, partner), Consent.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Consent.id.desc())))


def _of(contact: Contact, purpose: str, partner: str | None) -> tuple[ColumnElement[bool], ...]:
    of_partner = Consent.partner.is_(None) if partner is None else Consent.partner == partner
    return Consent.contact_id == contact.id, Consent.purpose == purpose, of_partner


def _end(session: Session, consents: Iterable[Consent]) -> None:
    for consent in consents:
        consent.withdrawn_at = now()
    session.flush()
