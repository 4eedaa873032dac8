"""Making a referral: which service, which fields, and the person's yes to exactly these."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import consent
from bot.directory import codes, search
from bot.models import Consent, Conversation, Form, Operator, Profile, Service
from bot.permissions import Permission
from bot.places import provinces
from bot.referrals import fields, steps
from console import access
from console.access import permit
from console.directory import words as directory_words
from console.language import gettext as _
from console.referrals import words

BASES = ("asked", "adult", "emergency")


def add_routes(console: Blueprint) -> None:
    base = "/conversations/<int:conversation_id>/referrals"
    console.add_url_rule(f"{base}/new", "referral_new", referral_new)
    console.add_url_rule(f"{base}/<int:service_id>", "referral_form", referral_form)
    console.add_url_rule(f"{base}/<int:service_id>", "referral_make", referral_make, methods=["POST"])


@permit(Permission.REFERRAL_MAKE)
def referral_new(conversation_id: int) -> str:
    """Services that take people, the nearest first."""
    need, province = request.args.get("need", ""), request.args.get("province", "")
    with current.database().reading() as db:
        conversation = access.conversation(db, conversation_id)
        profile = db.get(Profile, conversation.contact_id)
        province = province or (profile.province if profile and profile.province else "")
        found = search.find(db, need=need or None, province=province or None, for_operator=True)
        return render_template(
            "console/referrals/new.html",
            conversation=conversation,
            rows=[
                (
                    f.service,
                    search.name_of(f.service, directory_words.form()),
                    directory_words.places(f.service),
                )
                for f in found
            ],
            state=directory_words.state,
            need=need,
            province=province,
            needs=[(code, directory_words.need(code)) for code in codes.NEEDS],
            provinces=[(code, p.name(directory_words.form())) for code, p in provinces().items()],
        )


@permit(Permission.REFERRAL_MAKE)
def referral_form(conversation_id: int, service_id: int) -> str:
    with current.database().reading() as db:
        conversation, service = _get(db, conversation_id, service_id)
        need = _need(request.args.get("need", ""), service)
        given = fields.known(db, conversation.contact, need)
        return _form(conversation, service, given, set(given), "")


@permit(Permission.REFERRAL_MAKE)
def referral_make(conversation_id: int, service_id: int) -> Response | str | tuple[str, int]:
    """Keeps the yes and sends the referral; shows the link where an operator has to pass it on."""
    ticked = set(request.form.getlist("share"))
    given = fields.clean(request.form)
    basis, reason = request.form.get("basis", ""), request.form.get("reason", "")
    with current.database().transaction() as db:
        conversation, service = _get(db, conversation_id, service_id)
        operator = db.get_one(Operator, g.operator.id)
        given["need"] = _need(given.get("need", ""), service)
        shared = {name: given[name] for name in fields.BY_OPERATOR if name in ticked and name in given}
        shared["need"] = given["need"]
        problem = _problem(basis, reason, shared)
        if problem:
            return _form(conversation, service, given, ticked, problem), 422
        agreed = _keep_yes(db, conversation, service, shared, operator, basis, reason)
        referral, link = steps.make(
            db, conversation, service, agreed, given["need"], shared, current.settings(), operator
        )
        if service.referral_method in steps.SENT_BY:
            flash(_("Sent to the partner. You see each step here."))
            return redirect(url_for("console.referral_detail", referral_id=referral.id))
        return render_template("console/referrals/link.html", referral=referral, link=link)


def _get(db: Session, conversation_id: int, service_id: int) -> tuple[Conversation, Service]:
    conversation = access.conversation(db, conversation_id)
    service = db.get(Service, service_id)
    if service is None or not service.active:
        abort(404)
    return conversation, service


def _need(code: str, service: Service) -> str:
    if code in codes.NEEDS:
        return code
    return service.needs[0] if service.needs else codes.NEEDS[-1]


def _problem(basis: str, reason: str, shared: dict[str, str]) -> str:
    if basis not in BASES:
        return _("Say how the person agreed.")
    if basis != "asked" and not reason.strip():
        return _("Write the reason for going on without the person's own yes.")
    if "phone" not in shared and "note" not in shared:
        return _("Share a number or a note, or the partner can't reach the person.")
    return ""


def _keep_yes(
    db: Session,
    conversation: Conversation,
    service: Service,
    shared: dict[str, str],
    operator: Operator,
    basis: str,
    reason: str,
) -> Consent:
    contact = conversation.contact
    if basis != "asked":
        return consent.record_exception(
            db, contact, consent.SHARE, operator, basis, reason, partner=service.key
        )
    form = Form(contact.form)
    version = consent.show(db, consent.SHARE, form, fields.question(service, shared, form))
    agreed = consent.record(db, contact, consent.SHARE, True, version, partner=service.key)
    agreed.operator_id = operator.id
    return agreed


def _form(
    conversation: Conversation, service: Service, given: dict[str, str], ticked: set[str], problem: str
) -> str:
    form = Form(conversation.contact.form)
    return render_template(
        "console/referrals/form.html",
        conversation=conversation,
        service=service,
        name=search.name_of(service, directory_words.form()),
        given=given,
        ticked=ticked,
        problem=problem,
        names=fields.BY_OPERATOR,
        words=words,
        needs=[(code, directory_words.need(code)) for code in service.needs or codes.NEEDS],
        provinces=[(code, p.name(directory_words.form())) for code, p in provinces().items()],
        question=fields.question(service, dict.fromkeys(ticked | {"need"}, ""), form),
        question_language="km-Latn" if form is Form.ROMANISED else str(form),
    )
