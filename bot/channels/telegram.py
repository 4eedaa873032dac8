"""Telegram's Bot API. It has no way to look a message up, so a lost answer stays uncertain."""

from __future__ import annotations

from datetime import datetime

import requests

from bot.channels.provider import (
    Ending,
    Outgoing,
    ProviderSession,
    Refused,
    Sent,
    TryLater,
    Uncertain,
    json_object,
    seconds,
)
from bot.settings import Settings

_LONGEST_PAYLOAD = 64  # bytes


class TelegramProvider:
    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.telegram_api_url}/bot{settings.telegram_bot_token}/sendMessage"
        self._http = ProviderSession(settings.provider_timeout)

    def send(self, message: Outgoing) -> Ending:
        body: dict[str, object] = {
            "chat_id": int(message.address) if message.address.lstrip("-").isdecimal() else message.address,
            "text": message.text,
            "link_preview_options": {"is_disabled": True},
        }
        if message.options:
            body["reply_markup"] = {
                "inline_keyboard": [
                    [{"text": option["label"], "callback_data": option["payload"]}]
                    for option in message.options
                    if len(option["payload"].encode()) <= _LONGEST_PAYLOAD
                ]
            }
        response = self._http.request("POST", self._url, json=body)
        return response if isinstance(response, TryLater | Uncertain) else _ending(response)

    def find(self, message: Outgoing, since: datetime, taken: set[str]) -> Ending:
        return Uncertain("telegram_has_no_lookup")


def _ending(response: requests.Response) -> Ending:
    body = json_object(response)
    code = body.get("error_code", response.status_code)
    if response.ok and body.get("ok"):
        result = body.get("result")
        return Sent(str(result.get("message_id"))) if isinstance(result, dict) else Uncertain("no_id")
    if code == 429:
        parameters = body.get("parameters") or {}
        after = parameters.get("retry_after") or response.headers.get("Retry-After")
        return TryLater("rate_limited", seconds(after))
    if code in (500, 503):
        return TryLater(f"provider_{code}")
    if not isinstance(code, int) or code > 500 or response.ok:
        return Uncertain(f"provider_{code}")
    return Refused(f"provider_{code}", gone=code == 403)
