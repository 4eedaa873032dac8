"""One referral: its steps, the partner's question and our answer, a new link or code, taking it back."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot.directory.search import name_of
from bot.models import Consent, Contact, Conversation, Operator, Referral, ReferralAccess
from bot.permissions import Permission
from bot.referrals import access as partner_access
from bot.referrals import steps
from console import access
from console.access import permit
from console.directory.words import form
from console.language import gettext as _
from console.referrals import words


def add_routes(console: Blueprint) -> None:
    base = "/referrals/<int:referral_id>"
    console.add_url_rule(base, "referral_detail", referral_detail)
    for action in (referral_answer, referral_withdraw, referral_link, referral_code):
        name = action.__name__.removeprefix("referral_")
        console.add_url_rule(f"{base}/{name}", action.__name__, action, methods=["POST"])


def referrals_of(conversation: Conversation) -> list[dict[str, object]]:
    """For the conversation's page: the person's referrals, newest first."""
    with current.database().reading() as db:
        query = select(Referral).where(Referral.contact_id == conversation.contact_id)
        return [
            {
                "id": referral.id,
                "partner": name_of(referral.service, form()),
                "state": words.step(referral.state),
                "late": words.is_late(referral),
                "question": bool(referral.question),
            }
            for referral in db.scalars(query.order_by(Referral.id.desc()).limit(20))
        ]


@permit(Permission.REFERRAL_MAKE)
def referral_detail(referral_id: int) -> str:
    with current.database().reading() as db:
        return _page(db, _get(db, referral_id))


@permit(Permission.REFERRAL_MAKE)
def referral_answer(referral_id: int) -> Response:
    with current.database().transaction() as db:
        referral = _get(db, referral_id)
        try:
            steps.answer(db, referral, _operator(db), request.form.get("words", ""))
            flash(_("The partner sees your answer on its page."))
        except steps.NotPossible:
            flash(_("Write an answer to the partner's question."))
    return _back(referral_id)


@permit(Permission.REFERRAL_MAKE)
def referral_withdraw(referral_id: int) -> Response:
    """The person doesn't want it any more: the partner's page closes at once."""
    with current.database().transaction() as db:
        referral = _get(db, referral_id)
        steps.withdraw(db, referral, _operator(db))
        agreed = db.get_one(Consent, referral.consent_id)
        agreed.withdrawn_at = agreed.withdrawn_at or referral.state_at
    flash(_("Taken back. The partner's page is closed."))
    return _back(referral_id)


@permit(Permission.REFERRAL_MAKE)
def referral_link(referral_id: int) -> Response | str:
    """A new link; the old one no longer opens."""
    with current.database().transaction() as db:
        referral = _open(db, referral_id)
        link = steps.send_link(db, referral, current.settings(), f"operator:{g.operator.id}")
        return render_template("console/referrals/link.html", referral=referral, link=link)


@permit(Permission.REFERRAL_MAKE)
def referral_code(referral_id: int) -> Response | str:
    """A code to read out to the partner, shown once."""
    with current.database().transaction() as db:
        referral = _open(db, referral_id)
        query = select(ReferralAccess).where(ReferralAccess.referral_id == referral.id).with_for_update()
        found = db.scalars(query).first()
        if found is None:
            flash(_("Make a new link first."))
            return _back(referral_id)
        try:
            code = partner_access.make_code(found)
        except partner_access.TooManyCodes:
            flash(_("Too many codes or wrong tries. Make a new link."))
            return _back(referral_id)
        steps.note(db, referral, f"operator:{g.operator.id}", "code_read_out")
        return render_template("console/referrals/link.html", referral=referral, code=code)


def _get(db: Session, referral_id: int) -> Referral:
    """The referral, where this operator may see its conversation."""
    referral = db.get(Referral, referral_id) or abort(404)
    access.conversation(db, referral.conversation_id)
    return referral


def _open(db: Session, referral_id: int) -> Referral:
    referral = _get(db, referral_id)
    if not partner_access.is_open(db, referral):
        abort(409)
    return referral


def _operator(db: Session) -> Operator:
    return db.get_one(Operator, g.operator.id)


def _back(referral_id: int) -> Response:
    return redirect(url_for("console.referral_detail", referral_id=referral_id))


def _page(db: Session, referral: Referral) -> str:
    names = {operator.id: operator.name for operator in db.scalars(select(Operator))}
    contact: Contact = referral.contact
    return render_template(
        "console/referrals/detail.html",
        referral=referral,
        contact=contact,
        partner=name_of(referral.service, form()),
        state=words.step(referral.state),
        late=words.is_late(referral),
        reason=words.reason(referral.decline_reason),
        shared=[(words.field(name), words.value(name, text)) for name, text in referral.shared.items()],
        history=[
            (e.at, words.actor(e.actor, names), words.step(e.what), words.told(e.told), e.words)
            for e in steps.events(db, referral)
        ],
        is_open=partner_access.is_open(db, referral),
    )
