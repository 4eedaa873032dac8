"""The stand-ins for Twilio's and Telegram's APIs: what the helpline sends arrives on the phones."""

from __future__ import annotations

import hmac
import threading
import time
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from flask import Blueprint, Response, abort, current_app, jsonify, request
from twilio.request_validator import RequestValidator

import current
from bot import segments
from bot.settings import Settings
from simulator.air import Air, Bubble

blueprint = Blueprint("simulated_providers", __name__, url_prefix="/simulator")

_RECEIPTS = ("sent", "delivered")


@blueprint.post("/twilio/2010-04-01/Accounts/<account>/Messages.json")
def create_message(account: str) -> tuple[Response, int]:
    """Twilio's: create a message."""
    _require_account(account)
    to, body = request.form.get("To", ""), request.form.get("Body", "")
    if not to or not body:
        return jsonify({"code": 21604, "message": "'To' and 'Body' are required", "status": 400}), 400
    bubble = _air().add(
        to, "sms", False, body, state="queued", segments=segments.count(body), provider_id=f"SM{uuid4().hex}"
    )
    callback = request.form.get("StatusCallback")
    if callback:
        settings = current.settings()
        threading.Thread(
            target=_send_receipts, args=(settings, _air(), bubble, callback), daemon=True
        ).start()
    return jsonify(_as_twilio(bubble)), 201


@blueprint.get("/twilio/2010-04-01/Accounts/<account>/Messages.json")
def list_messages(account: str) -> Response:
    """Twilio's: list messages, newest first."""
    _require_account(account)
    to = request.args.get("To")
    found = [bubble for bubble in _air().received("sms") if to in (None, bubble.phone)]
    return jsonify({"messages": [_as_twilio(bubble) for bubble in found[:1000]], "next_page_uri": None})


@blueprint.post("/telegram/bot<token>/<method>")
def telegram_method(token: str, method: str) -> tuple[Response, int]:
    """Telegram's Bot API."""
    settings = current.settings()
    if not hmac.compare_digest(token.encode(), settings.telegram_bot_token.encode()):
        return jsonify({"ok": False, "error_code": 401, "description": "Unauthorized"}), 401
    if method != "sendMessage":
        return jsonify({"ok": False, "error_code": 404, "description": "Not Found"}), 404
    body: dict[str, Any] = request.get_json(force=True)
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    chat = str(body.get("chat_id", ""))
    bubble = _air().add(chat, "telegram", False, str(body.get("text", "")), state="sent", buttons=buttons)
    result = {
        "message_id": bubble.number,
        "date": int(bubble.at),
        "chat": {"id": body.get("chat_id"), "type": "private"},
        "text": bubble.text,
    }
    return jsonify({"ok": True, "result": result}), 200


def _send_receipts(settings: Settings, air: Air, bubble: Bubble, callback: str) -> None:
    """Posts signed delivery receipts to the address that the message named, as Twilio does."""
    parts = urlsplit(callback)
    local = f"http://127.0.0.1:{settings.port}{parts.path}?{parts.query}"
    for status in _RECEIPTS:
        time.sleep(0.3)
        fields = {"MessageSid": bubble.provider_id, "MessageStatus": status, "To": bubble.phone}
        signature = RequestValidator(settings.twilio_auth_tokens[0]).compute_signature(callback, fields)
        try:
            requests.post(local, data=fields, headers={"X-Twilio-Signature": signature}, timeout=10)
        except requests.RequestException:
            return
        air.set_state(bubble.number, status)


def _as_twilio(bubble: Bubble) -> dict[str, Any]:
    settings = current.settings()
    return {
        "sid": bubble.provider_id,
        "account_sid": settings.twilio_account_sid,
        "to": bubble.phone,
        "from": settings.twilio_from,
        "body": bubble.text,
        "status": bubble.state,
        "direction": "outbound-api",
        "date_created": formatdate(bubble.at),
    }


def _require_account(account: str) -> None:
    settings = current.settings()
    given = request.authorization
    if (
        account != settings.twilio_account_sid
        or given is None
        or given.username != account
        or given.password not in settings.twilio_auth_tokens
    ):
        abort(401)


def _air() -> Air:
    air: Air = current_app.extensions["air"]
    return air
