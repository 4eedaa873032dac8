"""SMS in and delivery receipts, from Twilio or from Somleng, which speaks the same."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request
from twilio.request_validator import RequestValidator

from bot import inbox, outbox
from bot.database import Database
from bot.models import Channel
from bot.settings import Settings

blueprint = Blueprint("twilio", __name__, url_prefix="/webhooks/twilio")

_EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_ID_FIELDS = ("MessageSid", "SmsMessageSid", "SmsSid", "MessageUUID")
_LONGEST_ID = 64
_LONGEST_ADDRESS = 40


@blueprint.post("/sms")
def receive() -> Response:
    """Stores one message. 403 without a true signature, 400 where it can't be one."""
    _require_signature()
    form = request.form
    provider_id = _first(*_ID_FIELDS)
    sender = form.get("From", "").strip()
    if not provider_id or len(provider_id) > _LONGEST_ID or not sender or len(sender) > _LONGEST_ADDRESS:
        abort(400)
    settings = _settings()
    has_media = form.get("NumMedia", "0").strip() not in ("", "0")
    inbox.accept(
        _database(),
        inbox.Inbound(
            channel=Channel.SMS,
            provider_id=provider_id,
            address=inbox.normalise_address(Channel.SMS, sender, settings.country),
            body=form.get("Body", ""),
            kind="photo" if has_media else "text",
            written_to=form.get("To", "").strip()[:_LONGEST_ADDRESS] or None,
        ),
    )
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
    with _database().transaction() as session:
        outbox.note_status(
            session,
            provider_id,
            reached.lower(),
            request.form.get("ErrorCode", "")[:16],
            int(message) if message.isdecimal() and len(message) < 19 else None,
        )
    return Response(_EMPTY, mimetype="text/xml")


def _require_signature() -> None:
    settings = _settings()
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
    return next((request.form[name].strip() for name in names if request.form.get(name, "").strip()), "")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _database() -> Database:
    database: Database = current_app.config["DATABASE"]
    return database
