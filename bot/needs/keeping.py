"""Keeping needs and a profile by consent, changing them, and telling them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import consent as consents
from bot.models import Consent, Contact, Conversation, Need, Profile, Skill
from bot.models.columns import now
from bot.needs.codes import ENTITIES, Answers
from bot.places import provinces


def keep_need(
    session: Session,
    conversation: Conversation,
    consent: Consent | None,
    kind: str,
    province: str | None = None,
    district: str | None = None,
    whom: str | None = None,
    words: str | None = None,
) -> Need:
    """Keeps a need, once for each kind that is open. Raises NoConsent without a standing yes."""
    consent = consents.require(session, consent, conversation.contact_id)
    need = session.scalars(
        select(Need).where(
            Need.contact_id == conversation.contact_id, Need.kind == kind, Need.state == "open"
        )
    ).first()
    if need is None:
        need = Need(contact_id=conversation.contact_id, conversation_id=conversation.id, kind=kind)
        session.add(need)
    need.consent_id = consent.id
    if province in provinces():
        need.province = province
        need.district = district if district and district.startswith(province or "") else None
    need.for_whom = whom or need.for_whom
    need.words = words or need.words
    session.flush()
    return need


def keep_answers(
    session: Session,
    conversation: Conversation,
    consent: Consent | None,
    answers: Answers,
    draft: Mapping[str, str],
) -> Profile:
    """Keeps what the interview told, over what was told before. `draft` has sex, age band and own words
    by question. Raises NoConsent without a standing yes."""
    consent = consents.require(session, consent, conversation.contact_id)
    profile = session.get(Profile, conversation.contact_id)
    if profile is None:
        profile = Profile(contact_id=conversation.contact_id, woman_preferred=False)
        session.add(profile)
    profile.consent_id = consent.id
    profile.changed_at = now()
    if answers.province in provinces():
        profile.province, profile.district = answers.province, answers.district
    told = {
        "household": answers.household,
        "children": answers.children,
        "country": answers.country,
        "returned": answers.returned,
        "return_month": answers.return_month,
        "reach": answers.reach,
        "sex": draft.get("sex"),
        "age_band": draft.get("age_band"),
    }
    for name, value in told.items():
        if value is not None:
            setattr(profile, name, value)
    if answers.reach:
        profile.woman_preferred = answers.woman
    own = [words for question, words in sorted(draft.items()) if question in ENTITIES]
    if own:
        profile.words = " · ".join(own)
    session.flush()
    if answers.skills:
        session.execute(delete(Skill).where(Skill.contact_id == profile.contact_id))
        session.add_all(Skill(contact_id=profile.contact_id, trade=trade) for trade in answers.skills)
    for kind in answers.needs:
        keep_need(session, conversation, consent, kind, profile.province, profile.district)
    session.flush()
    return profile


def move(session: Session, contact: Contact, province: str, district: str | None) -> bool:
    """The person lives elsewhere now: changes profile and open needs; False where nothing is kept."""
    profile = session.get(Profile, contact.id)
    needs = needs_of(session, contact)
    if province not in provinces() or (profile is None and not needs):
        return False
    district = district if district and district.startswith(province) else None
    if profile is not None:
        profile.changed_at = now()
    for kept in (profile, *needs):
        if kept is not None:
            kept.province, kept.district = province, district
    session.flush()
    return True


def needs_of(session: Session, contact: Contact) -> list[Need]:
    """The open needs of a contact, oldest first."""
    query = select(Need).where(Need.contact_id == contact.id, Need.state == "open")
    return list(session.scalars(query.order_by(Need.id)))


def skills_of(session: Session, contact: Contact) -> list[str]:
    """The trades that a contact knows."""
    return list(
        session.scalars(select(Skill.trade).where(Skill.contact_id == contact.id).order_by(Skill.trade))
    )


def is_known(session: Session, contact: Contact) -> bool:
    """Whether anything is kept that the person may change by text."""
    return session.get(Profile, contact.id) is not None or bool(needs_of(session, contact))
