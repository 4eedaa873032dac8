"""Telegram updates: private messages, pressed buttons, edits, and people who block the bot."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

import current
from bot import inbox
from bot.models import Channel, Form
from bot.models.columns import now
from bot.words import say

blueprint = Blueprint("telegram", __name__, url_prefix="/webhooks/telegram")

_MEDIA = {
    "photo": "photo",
    "sticker": "sticker",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "location": "location",
    "venue": "location",
    "contact": "contact",
    "document": "file",
    "poll": "file",
    "dice": "sticker",
}
_LONGEST_PAYLOAD = 64


@blueprint.post("")
def receive() -> Response:
    """Stores one update. 403 without our secret, 400 where it isn't an update, else 200."""
    settings = current.settings()
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode()
    secret = settings.telegram_webhook_secret.encode()
    if not secret or not hmac.compare_digest(given, secret):
        abort(403)
    update = _json_object()
    update_id = update.get("update_id")
    if not isinstance(update_id, int) or isinstance(update_id, bool):
        abort(400)
    for kind, handle in _KINDS.items():
        if isinstance(update.get(kind), dict):
            return handle(str(update_id), update[kind])
    return jsonify({})  # channel posts, reactions …: nothing that a person wrote to us


def _json_object() -> dict[str, Any]:
    try:
        body = request.get_json(force=True)
    except RecursionError:
        abort(400)
    if not isinstance(body, dict):
        abort(400)
    return body


def _message(update_id: str, message: dict[str, Any]) -> Response:
    return _store_message(update_id, message, edited=False)


def _edited_message(update_id: str, message: dict[str, Any]) -> Response:
    return _store_message(update_id, message, edited=True)


def _store_message(update_id: str, message: dict[str, Any], edited: bool) -> Response:
    chat = _chat(message)
    if chat.get("type", "private") != "private":
        return jsonify({}) if edited else _decline_group(chat)
    media = next((kind for field, kind in _MEDIA.items() if message.get(field)), None)
    text = message.get("text") or message.get("caption") or ""
    if not isinstance(text, str):
        abort(400)
    if not text and media is None:
        if edited or any(field not in _ENVELOPE for field in message):
            media = "file"  # a kind of message that came after this was written
        else:
            abort(400)
    _accept(
        update_id,
        chat,
        body=text,
        kind="edited" if edited else media or "text",
        sent_at_us=_microseconds(message, "edit_date" if edited else "date"),
    )
    return jsonify({})


def _callback_query(update_id: str, query: dict[str, Any]) -> Response:
    message = query.get("message")
    payload = query.get("data")
    if not isinstance(message, dict) or not isinstance(payload, str) or len(payload) > _LONGEST_PAYLOAD:
        abort(400)
    chat = _chat(message)
    if chat.get("type", "private") == "private":
        _accept(update_id, chat, body=_label(message, payload), kind="button", payload=payload)
    # The answer to the request itself is a call of the Bot API: the button stops spinning.
    return jsonify({"method": "answerCallbackQuery", "callback_query_id": str(query.get("id", ""))})


def _my_chat_member(update_id: str, change: dict[str, Any]) -> Response:
    chat = _chat(change)
    member = change.get("new_chat_member")
    status = member.get("status") if isinstance(member, dict) else None
    with current.database().transaction() as session:
        contact = inbox.find_contact(session, Channel.TELEGRAM, str(chat["id"]))
        if contact is not None:
            contact.blocked_at = now() if status in ("kicked", "left") else None
    return jsonify({})


_KINDS = {
    "message": _message,
    "edited_message": _edited_message,
    "callback_query": _callback_query,
    "my_chat_member": _my_chat_member,
}
_ENVELOPE = frozenset({"message_id", "date", "edit_date", "chat", "from", "entities"})


def _decline_group(chat: dict[str, Any]) -> Response:
    """A group isn't a place for private matters: nothing is stored, the group is told in one line."""
    words = "\n".join(say("no_groups", form) for form in (Form.KHMER, Form.ENGLISH))
    return jsonify({"method": "sendMessage", "chat_id": chat["id"], "text": words})


def _chat(message: dict[str, Any]) -> dict[str, Any]:
    chat = message.get("chat")
    if not isinstance(chat, dict) or not isinstance(chat.get("id"), int) or isinstance(chat["id"], bool):
        abort(400)
    return chat


def _label(message: dict[str, Any], payload: str) -> str:
    """The words on the pressed button, from the keyboard that Telegram sends along."""
    markup = message.get("reply_markup")
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else []:
            if isinstance(button, dict) and button.get("callback_data") == payload:
                return str(button.get("text", ""))
    return ""


def _microseconds(message: dict[str, Any], field: str) -> int | None:
    """When it was written; within the second, which is all that Telegram tells, by its number."""
    moment = message.get(field)
    if not isinstance(moment, int) or isinstance(moment, bool) or not 0 < moment < 2**40:
        return None
    number = message.get("message_id")
    within = number % 1_000_000 if isinstance(number, int) else 0
    return moment * 1_000_000 + within


def _accept(update_id: str, chat: dict[str, Any], **fields: Any) -> None:
    inbox.accept(
        current.database(),
        inbox.Inbound(channel=Channel.TELEGRAM, provider_id=update_id, address=str(chat["id"]), **fields),
    )
