"""For managers: all referrals by step and lateness, without anything that was shared."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

import current
from bot import outbox
from bot.directory.search import name_of
from bot.models import Form, Referral, ReferralState
from bot.permissions import Permission
from bot.referrals import steps
from bot.words import say
from console.access import permit
from console.directory.words import form, need
from console.language import gettext as _
from console.referrals import words

_MOST_ROWS = 200


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/referrals", "referrals_page", referrals_page)
    console.add_url_rule(
        "/referrals/<int:referral_id>/remind", "referral_remind", referral_remind, methods=["POST"]
    )


@permit(Permission.REFERRAL_MANAGE)
def referrals_page() -> str:
    shown = request.args.get("state", "")
    with current.database().reading() as db:
        by_state = select(Referral.state, func.count()).group_by(Referral.state)
        counts = {ReferralState(state): number for state, number in db.execute(by_state)}
        query = select(Referral).order_by(Referral.state_at).limit(_MOST_ROWS)
        if shown in tuple(ReferralState):
            query = query.where(Referral.state == shown)
        else:
            query = query.where(Referral.state.in_(steps.OPEN))
        rows = [
            {
                "id": referral.id,
                "partner": name_of(referral.service, form()),
                "need": need(referral.need),
                "state": words.step(referral.state),
                "since": referral.state_at,
                "late": words.is_late(referral),
                "reason": words.reason(referral.decline_reason),
                "by_sms": referral.service.referral_method in steps.SENT_BY and referral.state in steps.OPEN,
            }
            for referral in db.scalars(query)
        ]
    rows.sort(key=lambda row: not row["late"])
    states = [(str(state), words.step(state), counts.get(state, 0)) for state in ReferralState]
    return render_template("console/referrals/list.html", rows=rows, states=states, shown=shown)


@permit(Permission.REFERRAL_MANAGE)
def referral_remind(referral_id: int) -> Response:
    """Reminds the partner now; the link it has goes on working."""
    with current.database().transaction() as db:
        referral = db.get(Referral, referral_id)
        service = referral.service if referral else None
        if referral and service and service.referral_address and referral.state in steps.OPEN:
            text = say(
                "partner_reminder", Form(service.referral_language), {"brand": current.settings().brand}
            )
            outbox.queue_partner_message(db, service.referral_address, text)
            steps.note(db, referral, f"operator:{g.operator.id}", "reminded")
            flash(_("The partner is reminded."))
        else:
            flash(_("This partner takes no SMS. Call it."))
    return redirect(url_for("console.referrals_page"))
