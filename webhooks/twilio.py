"""SMS in and delivery receipts, from Twilio or from Somleng, which speaks the same."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from twilio.request_validator import RequestValidator

import current
from bot import inbox, outbox
from nlu.khmer import clean

blueprint = Blueprint("twilio", __name__, url_prefix="/webhooks/twilio")

_EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_ID_FIELDS = ("MessageSid", "SmsMessageSid", "SmsSid", "MessageUUID")


@blueprint.post("/sms")
def receive() -> Response:
    """Stores one message. 403 without a true signature, 400 where it can't be one."""
    _require_signature()
    inbound = inbox.from_sms(
        _first(*_ID_FIELDS),
        _field("From"),
        _field("To"),
        request.form.get("Body", ""),
        current.settings().country,
        has_media=_field("NumMedia") not in ("", "0"),
    )
    if inbound is None:
        abort(400)
    inbox.accept(current.database(), inbound)
    return Response(_EMPTY, mimetype="text/xml")


@blueprint.post("/status")
def status() -> Response:
    """Notes a delivery receipt; what isn't ours or comes late changes nothing."""
    _require_signature()
    provider_id = _first(*_ID_FIELDS)
    reached = _first("MessageStatus", "SmsStatus")
    if not provider_id or not reached:
        abort(400)
    message = request.args.get("message", "")
    with current.database().transaction() as session:
        outbox.note_status(
            session,
            provider_id,
            reached.lower(),
            _field("ErrorCode")[:16],
            int(message) if message.isdecimal() and len(message) < 19 else None,
        )
    return Response(_EMPTY, mimetype="text/xml")


def _require_signature() -> None:
    settings = current.settings()
    given = request.headers.get("X-Twilio-Signature", "")
    account = request.form.get("AccountSid")
    if not given or (account and settings.twilio_account_sid and account != settings.twilio_account_sid):
        abort(403)
    # The address that the provider called, which behind a proxy isn't the one we see.
    query = request.query_string.decode("ascii", "replace")
    url = f"{settings.public_url}{request.path}{'?' + query if query else ''}"
    for token in settings.twilio_auth_tokens:
        try:
            if RequestValidator(token).validate(url, request.form, given):
                return
        except (TypeError, ValueError):  # what can't be encoded was never signed
            continue
    abort(403)


def _first(*names: str) -> str:
    return next((value for value in map(_field, names) if value), "")


def _field(name: str) -> str:
    """The field without what a database can't keep (PostgreSQL refuses a NUL)."""
    return clean(request.form.get(name, "")).strip()
