"""A partner's page for one referral: the code, then the agreed fields and what the partner answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot.models import Referral, ReferralAccess, ReferralEvent, ReferralState
from bot.referrals import access, steps
from partners import language, words
from partners.language import gettext as _

COOKIE = "phlov_partner"
_LONGEST = 600
_MOVES = {
    "accept": ReferralState.ACCEPTED,
    "decline": ReferralState.DECLINED,
    "first_contact": ReferralState.FIRST_CONTACT,
    "done": ReferralState.DONE,
}
_SHOWN = ("sent", "accepted", "first_contact", "asked_more", "answered", "no_answer")


def add_routes(pages: Blueprint, flood: Callable[[Any], Any]) -> None:
    pages.add_url_rule("/r/<token>", "referral_page", flood(referral_page))
    pages.add_url_rule("/r/<token>/code", "send_code", flood(send_code), methods=["POST"])
    pages.add_url_rule("/r/<token>/open", "open_page", flood(open_page), methods=["POST"])
    pages.add_url_rule("/r/<token>/answer", "answer", flood(answer), methods=["POST"])
    pages.add_url_rule("/r/<token>/leave", "leave", flood(leave), methods=["POST"])


def referral_page(token: str) -> tuple[str, int]:
    with current.database().transaction() as db:
        found = _find(db, token)
        if found is None:
            return _closed()
        if not _is_entered(found):
            return _code_page(token), 200
        return _referral(db, token, found.referral), 200


def send_code(token: str) -> tuple[str, int]:
    """Sends a code to the partner's own number, or says that our people read it out."""
    with current.database().transaction() as db:
        found = _find(db, token)
        if found is None:
            return _closed()
        try:
            if steps.send_code(db, found, current.settings()):
                return _code_page(
                    token, _("The code is on its way to your phone. It works for 10 minutes.")
                ), 200
        except access.TooManyCodes:
            return _code_page(
                token, _("No more codes for now. Try again in an hour, or call the helpline.")
            ), 429
        return _code_page(token, _("The helpline tells you the code by phone.")), 200


def open_page(token: str) -> Response | tuple[str, int]:
    with current.database().transaction() as db:
        found = _find(db, token)
        if found is None:
            return _closed()
        try:
            secret = access.enter(found, request.form.get("code", "")[:12])
        except access.WrongCode:
            wrong = _("This code is wrong, used or too old. Check it, or ask for a new one.")
            return _code_page(token, wrong), 403
        steps.note(db, found.referral, steps.PARTNER, "opened")
    answered = make_response(redirect(_address(token), code=303))
    answered.set_cookie(
        COOKIE,
        secret,
        max_age=int(access.SESSION_VALID.total_seconds()),
        path=url_for("partners.referral_page", token=token),
        httponly=True,
        samesite="Strict",
        secure=current.settings().public_url.startswith("https://"),
    )
    return answered


def answer(token: str) -> Response | tuple[str, int]:
    """What the partner decides. The session's own key must come with it, so no other page can post."""
    text = request.form.get("words", "")[:_LONGEST]
    action = request.form.get("action", "")
    with current.database().transaction() as db:
        found = _find(db, token)
        if found is None:
            return _closed()
        if not _is_entered(found):
            return _code_page(token, _("This page was open for too long. Please enter a new code.")), 403
        referral = found.referral
        try:
            if action == "ask":
                steps.ask_for_more(db, referral, text, current.settings())
            elif action in _MOVES:
                reason = request.form.get("reason", "")
                steps.move(db, referral, _MOVES[action], current.settings(), reason, text)
            else:
                raise steps.NotPossible
        except steps.NotPossible:
            return _referral(db, token, referral, _("That isn't possible now. See what is asked below.")), 409
        if not access.is_open(db, referral):
            return render_template("partners/thanks.html"), 200
    return redirect(_address(token), code=303)


def leave(token: str) -> Response:
    with current.database().transaction() as db:
        found = _find(db, token)
        if found is not None and _is_entered(found):
            access.leave(found)
    gone = make_response(redirect(_address(token), code=303))
    gone.delete_cookie(COOKIE, path=url_for("partners.referral_page", token=token))
    return gone


def _find(db: Session, token: str) -> ReferralAccess | None:
    found = access.find(db, token)
    if found is not None:
        language.prefer(found.referral.service.referral_language)
    return found


def _is_entered(found: ReferralAccess) -> bool:
    return access.is_entered(found, request.cookies.get(COOKIE, ""))


def _closed() -> tuple[str, int]:
    """The same for a link that never was, has expired or was withdrawn: guessing teaches nothing."""
    return render_template("partners/closed.html"), 404


def _code_page(token: str, message: str = "") -> str:
    return render_template("partners/code.html", token=token, message=message)


def _referral(db: Session, token: str, referral: Referral, message: str = "") -> str:
    shared = [(words.field(name), words.value(name, text)) for name, text in referral.shared.items()]
    history: list[ReferralEvent] = [e for e in steps.events(db, referral) if e.what in _SHOWN]
    return render_template(
        "partners/referral.html",
        token=token,
        referral=referral,
        shared=shared,
        history=[(e.at, words.step(e.what), e.words) for e in history],
        message=message,
        reasons=[(code, words.decline(code)) for code in steps.DECLINE_REASONS],
        may_accept=referral.state in (ReferralState.SENT, ReferralState.NO_ANSWER),
        may_contact=referral.state == ReferralState.ACCEPTED,
        may_finish=referral.state in (ReferralState.ACCEPTED, ReferralState.FIRST_CONTACT),
        state=words.step(referral.state),
    )


def _address(token: str) -> str:
    return url_for("partners.referral_page", token=token, l=g.language)
