"""Deleting what is known of a person, and the proof of it that holds nothing of what was deleted."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import audit, consent, safe_contact
from bot.jobs import alerts
from bot.learning import examples
from bot.models import (
    CallBack,
    Consent,
    Contact,
    Conversation,
    Draft,
    Erasure,
    Escalation,
    FollowUp,
    Message,
    Need,
    Note,
    Operator,
    Profile,
    QualityReview,
    Referral,
    Skill,
    State,
    WrapUp,
)
from bot.models.columns import now
from bot.referrals import steps

ERASED = ""
_RECEIPT_LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"
Gone = dict[str, list[int]]


def forget(session: Session, contact: Contact) -> Erasure:
    """Deletes needs, profile, notes and the words of all messages, and withdraws every consent.

    The address stays until the retention time, since the reply still has to reach it; so do the
    bare rows, for the figures and the audit. Conversations that an operator has stay readable to
    that operator until they are closed.
    """
    with_people = (State.WAITING, State.WITH_OPERATOR)
    mine = select(Conversation.id).where(Conversation.contact_id == contact.id)
    done = list(session.scalars(mine.where(Conversation.state.not_in(with_people))))
    messages = select(Message.id).where(Message.conversation_id.in_(done), Message.body.is_not(None))
    notes = list(session.scalars(select(Note.id).where(Note.conversation_id.in_(done))))
    gone = {
        **_delete_needs(session, contact),
        "job_alerts": alerts.delete_all(session, contact),
        "referrals": steps.withdraw_all(session, contact),
        "messages": list(session.scalars(messages)),
        "notes": notes,
        "conversations": done,
        "learning_examples": examples.forget(session, contact),
    }
    session.execute(delete(Note).where(Note.id.in_(notes)))
    session.execute(update(Escalation).where(Escalation.conversation_id.in_(done)).values(evidence=None))
    session.execute(
        update(Conversation)
        .where(Conversation.id.in_(done))
        .values(brain_events=None, options=None, more=None, draft=None)
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
    reviews = update(QualityReview).where(QualityReview.conversation_id.in_(done))
    session.execute(reviews.values(comment=None).execution_options(synchronize_session=False))
    safe_contact.forget(contact)
    session.execute(update(Consent).where(Consent.contact_id == contact.id).values(reason=None))
    return _proof(session, contact, "deleted", gone)


def withdraw(
    session: Session, contact: Contact, purposes: Iterable[str] = consent.PURPOSES
) -> Erasure | None:
    """Withdraws every standing yes to `purposes` and ends what rested on it; None where there was none.

    What was kept is deleted, agreed follow-ups are dropped, partners' pages are closed.
    """
    ended = {one.purpose for one in consent.withdraw(session, contact, purposes)}
    if not ended:
        return None
    gone: Gone = {}
    if consent.KEEP_NEEDS in ended:
        gone = _delete_needs(session, contact)
        session.execute(
            update(Conversation)
            .where(Conversation.contact_id == contact.id)
            .values(draft=None, brain_events=None)
            .execution_options(synchronize_session=False)
        )
    elif consent.CONTACT_LATER in ended:
        gone = {"follow_ups": _delete_follow_ups(session, contact)}
    if consent.CONTACT_LATER in ended:
        gone = {**gone, "job_alerts": alerts.delete_all(session, contact)}
    if consent.LEARN in ended:
        gone = {**gone, "learning_examples": examples.forget(session, contact)}
    if consent.SHARE in ended:
        gone = {**gone, "referrals": steps.withdraw_all(session, contact)}
    return _proof(session, contact, "withdrawn", gone)


def end_exception(session: Session, operator: Operator, made: Consent) -> None:
    """Ends a consent that an operator recorded in the person's stead, and what rested on it."""
    contact = session.get_one(Contact, made.contact_id)
    audit.record(
        session, operator, "consent_exception_ended", f"contact:{contact.id}", f"{made.purpose} {made.basis}"
    )
    if made.purpose != consent.SHARE:
        withdraw(session, contact, [made.purpose])
        return
    made.withdrawn_at = now()
    for referral in session.scalars(select(Referral).where(Referral.consent_id == made.id)):
        steps.withdraw(session, referral, operator)


def proof_holds(erasure: Erasure, gone: Gone) -> bool:
    """Whether `erasure` is the proof of deleting exactly these rows."""
    return erasure.hash == _hash(erasure.receipt, gone) and erasure.counts == _counts(gone)


def _delete_needs(session: Session, contact: Contact) -> Gone:
    needs = list(session.scalars(select(Need.id).where(Need.contact_id == contact.id)))
    profiles = list(session.scalars(select(Profile.contact_id).where(Profile.contact_id == contact.id)))
    session.execute(delete(Need).where(Need.contact_id == contact.id))
    session.execute(delete(Skill).where(Skill.contact_id == contact.id))
    session.execute(delete(Profile).where(Profile.contact_id == contact.id))
    return {"needs": needs, "profiles": profiles, "follow_ups": _delete_follow_ups(session, contact)}


def _delete_follow_ups(session: Session, contact: Contact) -> list[int]:
    ids = list(session.scalars(select(FollowUp.id).where(FollowUp.contact_id == contact.id)))
    session.execute(delete(FollowUp).where(FollowUp.contact_id == contact.id))
    return ids


def _proof(session: Session, contact: Contact, cause: str, gone: Gone) -> Erasure:
    letters = [secrets.choice(_RECEIPT_LETTERS) for _ in range(8)]
    receipt = "".join(letters[:4]) + "-" + "".join(letters[4:])
    erasure = Erasure(receipt=receipt, cause=cause, counts=_counts(gone), hash=_hash(receipt, gone))
    session.add(erasure)
    session.flush()
    audit.record(
        session, None, "forget", f"contact:{contact.id}", f"{cause} erasure:{erasure.id} {erasure.hash}"
    )
    return erasure


def _counts(gone: Gone) -> dict[str, int]:
    return {name: len(ids) for name, ids in sorted(gone.items()) if ids}


def _hash(receipt: str, gone: Gone) -> str:
    rows = ";".join(f"{name}:{','.join(map(str, sorted(ids)))}" for name, ids in sorted(gone.items()) if ids)
    return hashlib.sha256(f"{receipt}\x1f{rows}".encode()).hexdigest()
