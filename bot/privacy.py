"""Consent, and forgetting: what a person agreed to, and deleting what is known of them."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import audit, safe_contact
from bot.models import (
    CallBack,
    Consent,
    Contact,
    Conversation,
    Draft,
    Escalation,
    Form,
    Message,
    Need,
    Note,
    State,
    WrapUp,
)
from bot.models.columns import now

KEEP_NEEDS = "keep_needs"
TEXT_VERSION = "2026-11-24"
ERASED = ""


def record_consent(session: Session, contact: Contact, purpose: str, given: bool, form: Form) -> Consent:
    """Keeps a yes or a no, with the version of the text that was shown."""
    consent = Consent(
        contact_id=contact.id,
        purpose=purpose,
        given=given,
        text_version=TEXT_VERSION,
        form=form,
        channel=contact.channel,
    )
    session.add(consent)
    session.flush()
    return consent


def consent_for(session: Session, contact: Contact, purpose: str) -> Consent | None:
    """The newest answer to `purpose` that wasn't withdrawn, None where it was never asked."""
    query = (
        select(Consent)
        .where(Consent.contact_id == contact.id, Consent.purpose == purpose)
        .where(Consent.withdrawn_at.is_(None))
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def keep_need(
    session: Session,
    conversation: Conversation,
    consent: Consent,
    kind: str,
    province: str | None,
    whom: str | None,
) -> Need:
    """Keeps a need. Raises ValueError without a standing yes."""
    if not consent.given or consent.withdrawn_at is not None or consent.contact_id != conversation.contact_id:
        raise ValueError("a need is kept only by consent")
    need = Need(
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        consent_id=consent.id,
        kind=kind,
        province=province,
        for_whom=whom,
    )
    session.add(need)
    session.flush()
    return need


def forget(session: Session, contact: Contact) -> None:
    """Deletes needs, notes and the words of all messages, and withdraws every consent.

    The address stays until the retention time, since the reply still has to reach it; so do the
    bare rows, for the figures and the audit. Conversations that an operator has stay readable to
    that operator until they are closed.
    """
    with_people = (State.WAITING, State.WITH_OPERATOR)
    mine = select(Conversation.id).where(Conversation.contact_id == contact.id)
    done = mine.where(Conversation.state.not_in(with_people))
    session.execute(delete(Need).where(Need.contact_id == contact.id))
    session.execute(delete(Note).where(Note.conversation_id.in_(done)))
    session.execute(update(Escalation).where(Escalation.conversation_id.in_(done)).values(evidence=None))
    session.execute(
        update(Conversation)
        .where(Conversation.id.in_(done))
        .values(brain_events=None, options=None, more=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Message)
        .where(Message.conversation_id.in_(done))
        .values(body=ERASED, options=None, understood=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Consent)
        .where(Consent.contact_id == contact.id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now())
    )
    session.execute(delete(Draft).where(Draft.conversation_id.in_(done)))
    session.execute(delete(CallBack).where(CallBack.conversation_id.in_(done)))
    session.execute(delete(WrapUp).where(WrapUp.conversation_id.in_(done)))
    safe_contact.forget(contact)
    audit.record(session, None, "forget", f"contact:{contact.id}")
