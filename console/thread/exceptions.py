"""Going on without the person's own yes: an emergency, or an adult who answers for a child; and its end."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

import current
from bot import consent, privacy
from bot.directory import search
from bot.models import Consent, Operator, Service
from bot.permissions import Permission
from console import access
from console.access import permit
from console.directory import words as directory_words
from console.language import gettext as _
from console.thread import page

EMERGENCY_SERVICES = "emergency-services"  # police, ambulance, fire: no partner of the directory
_LONGEST_REASON = 300
_ACTIVE = select(Service).where(Service.active.is_(True))


def add_routes(console: Blueprint) -> None:
    base = f"{page.BASE}/exceptions"
    console.add_url_rule(base, "record_exception", record_exception, methods=["POST"])
    console.add_url_rule(f"{base}/<int:consent_id>/end", "end_exception", end_exception, methods=["POST"])
    console.add_app_template_global(partners, "exception_partners")
    console.add_app_template_global(partner_name, "partner_name")


def partners() -> list[tuple[str, str]]:
    """With whom something may be shared, as (key, name)."""
    with current.database().reading() as db:
        services = db.scalars(_ACTIVE.order_by(Service.name_en))
        named = [(one.key, search.name_of(one, directory_words.form())) for one in services]
    return [(EMERGENCY_SERVICES, _emergency_services()), *named]


def partner_name(key: str) -> str:
    """The partner that a consent names."""
    if key == EMERGENCY_SERVICES:
        return _emergency_services()
    with current.database().reading() as db:
        service = db.scalars(_ACTIVE.where(Service.key == key)).first()
        return search.name_of(service, directory_words.form()) if service else key


def _emergency_services() -> str:
    return _("police, ambulance or fire brigade")


@permit(Permission.CONVERSATION_ANSWER)
def record_exception(conversation_id: int) -> AnyResponse:
    """Keeps on what ground, for what and why; without a reason nothing is kept."""
    fields = request.form
    basis, purpose = fields.get("basis", ""), fields.get("purpose", "")
    reason = fields.get("reason", "").strip()[:_LONGEST_REASON]
    with current.database().transaction() as db:
        contact = access.conversation(db, conversation_id).contact
        partner = fields.get("partner", "") if purpose == consent.SHARE else None
        problem = _problem(basis, purpose, partner, reason)
        if problem:
            flash(problem)
            return page.back_to(conversation_id, "exceptions")
        operator = db.get_one(Operator, g.operator.id)
        consent.record_exception(db, contact, purpose, operator, basis, reason, partner)
    flash(_("Recorded with its reason. It stands in the audit trail."))
    return page.back_to(conversation_id, "exceptions")


@permit(Permission.CONVERSATION_ANSWER)
def end_exception(conversation_id: int, consent_id: int) -> AnyResponse:
    """The ground is gone: what rested on it is deleted, a partner's page shut."""
    with current.database().transaction() as db:
        contact = access.conversation(db, conversation_id).contact
        made = _exception(db, consent_id, contact.id)
        privacy.end_exception(db, db.get_one(Operator, g.operator.id), made)
    flash(_("Ended. What was kept because of it is deleted."))
    return page.back_to(conversation_id, "exceptions")


def _exception(db: Session, consent_id: int, contact_id: int) -> Consent:
    made = db.get(Consent, consent_id)
    if made is None or made.contact_id != contact_id or made.basis == "asked" or made.withdrawn_at:
        abort(404)
    return made


def _problem(basis: str, purpose: str, partner: str | None, reason: str) -> str:
    if basis not in consent.EXCEPTIONS:
        return _("Choose the ground: an emergency, or an adult who answers for a child.")
    if purpose not in consent.EXCEPTIONS[basis]:
        return _("An emergency allows sharing and keeping what saves a life, not writing later.")
    if partner is not None and partner not in dict(partners()):
        return _("Choose with whom it is shared.")
    if not reason:
        return _("Write the reason. Without one nothing is recorded.")
    return ""
