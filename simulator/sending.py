"""What the simulated phones send: through the real webhooks, signed as the providers sign."""

from __future__ import annotations

import time
from typing import Any

import requests
from flask import Blueprint, Response, abort, current_app, jsonify, request
from twilio.request_validator import RequestValidator

import current
from bot import segments
from simulator.air import Air

blueprint = Blueprint("simulated_sending", __name__, url_prefix="/simulator")

_ATTACHMENTS: dict[str, Any] = {
    "photo": [{"file_id": "simulated", "width": 640, "height": 480}],
    "sticker": {"file_id": "simulated", "emoji": "🙂"},
    "voice": {"file_id": "simulated", "duration": 4},
    "location": {"latitude": 11.55, "longitude": 104.92},
    "contact": {"phone_number": "000", "first_name": "Simulated"},
}
_SECONDS = 15


@blueprint.get("/messages")
def messages() -> Response:
    """All bubbles of one phone."""
    return jsonify([bubble.as_json() for bubble in _air().of(request.args.get("phone", ""))])


@blueprint.post("/sms")
def send_sms() -> tuple[Response, int]:
    """An SMS from `phone`, as Twilio (or Somleng, for a number without plus) posts it."""
    phone, text = _field("phone"), _field("text")
    settings = current.settings()
    bubble = _air().add(phone, "sms", True, text, segments=segments.count(text))
    path = "/webhooks/twilio/sms"
    fields = {
        "MessageSid": f"SM{bubble.number:032x}",
        "AccountSid": settings.twilio_account_sid,
        "From": phone,
        "To": settings.twilio_from,
        "Body": text,
    }
    signature = RequestValidator(settings.twilio_auth_tokens[0]).compute_signature(
        settings.public_url + path, fields
    )
    answer = requests.post(
        _local(path), data=fields, headers={"X-Twilio-Signature": signature}, timeout=_SECONDS
    )
    return _acknowledged(bubble.number, answer)


@blueprint.post("/chat")
def send_telegram() -> tuple[Response, int]:
    """A Telegram message, edit or attachment from `phone`, or one of its buttons pressed."""
    phone, text, kind = _field("phone"), _field("text"), _field("kind") or "text"
    settings = current.settings()
    update: dict[str, Any]
    if kind == "button":
        pressed = _air().by_number(int(_field("message") or 0))
        if pressed is None:
            abort(400)
        label = next((b["text"] for b in pressed.buttons if b["callback_data"] == text), "")
        bubble = _air().add(phone, "telegram", True, label, kind="button")
        keyboard = {"inline_keyboard": [[button] for button in pressed.buttons]}
        message = _message(phone, pressed.number) | {"text": pressed.text, "reply_markup": keyboard}
        update = {"callback_query": {"id": str(bubble.number), "data": text, "message": message}}
    else:
        shown = text or f"[{kind}]"
        bubble = _air().add(phone, "telegram", True, shown, kind=kind)
        message = _message(phone, bubble.number)
        if kind in _ATTACHMENTS:
            message |= {kind: _ATTACHMENTS[kind]} | ({"caption": text} if text else {})
        else:
            message |= {"text": text}
        edited = kind == "edited"
        update = {"edited_message" if edited else "message": message}
        if edited:
            message["edit_date"] = int(time.time())
    answer = requests.post(
        _local("/webhooks/telegram"),
        json={"update_id": _air().next_number(), **update},
        headers={"X-Telegram-Bot-Api-Secret-Token": settings.telegram_webhook_secret},
        timeout=_SECONDS,
    )
    return _acknowledged(bubble.number, answer)


def _message(phone: str, number: int) -> dict[str, Any]:
    chat = {"id": int(phone), "type": "private", "first_name": "Simulated"}
    return {"message_id": number, "date": int(time.time()), "chat": chat, "from": chat}


def _acknowledged(number: int, answer: requests.Response) -> tuple[Response, int]:
    state = "received" if answer.ok else f"refused ({answer.status_code})"
    _air().set_state(number, state)
    return jsonify({"state": state}), 200 if answer.ok else 502


def _field(name: str) -> str:
    body = request.get_json(force=True)
    value = body.get(name, "") if isinstance(body, dict) else ""
    return str(value)


def _local(path: str) -> str:
    # The signature is over the public address; the way there is the short one.
    settings = current.settings()
    return f"http://127.0.0.1:{settings.port}{path}"


def _air() -> Air:
    air: Air = current_app.extensions["air"]
    return air
