"""SMS through Twilio's API, or through Somleng, which speaks the same (TWILIO_API_URL)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from bot.channels.provider import (
    Ending,
    ListedMessage,
    Outgoing,
    ProviderSession,
    Refused,
    Sent,
    TryLater,
    Uncertain,
    json_object,
    seconds,
)
from bot.limits import may_answer
from bot.settings import Settings
from nlu.khmer import clean

_STOPPED = 21610  # the person texted STOP to the carrier
_CLOCKS_APART = timedelta(seconds=120)
_PAGES = 5  # of a hundred messages each, to find one that we may have sent
_MOST_PAGES = 500  # of one reading of all that came in


class ListIncomplete(Exception):
    """The provider's list of messages couldn't be read to its end; says why, without a word of it."""


class ListTooLong(ListIncomplete):
    """It has more pages than are read."""


class TwilioProvider:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        account = f"/2010-04-01/Accounts/{settings.twilio_account_sid}"
        self._api = settings.twilio_api_url
        self._messages = f"{self._api}{account}/Messages.json"
        self._http = ProviderSession(settings.provider_timeout)

    @property
    def _auth(self) -> tuple[str, str]:
        return self._settings.twilio_account_sid, self._settings.twilio_auth_tokens[0]

    def send(self, message: Outgoing) -> Ending:
        if message.automatic and not may_answer(message.address, self._settings):
            return Refused("country_not_listed")
        form = {
            "To": message.address,
            "Body": message.text,
            # A receipt that overtakes our own bookkeeping finds its message by this.
            "StatusCallback": f"{self._settings.public_url}/webhooks/twilio/status?message={message.id}",
        }
        if self._settings.twilio_messaging_service_sid:
            form["MessagingServiceSid"] = self._settings.twilio_messaging_service_sid
        else:
            form["From"] = message.sender or self._settings.twilio_from
        response = self._http.request("POST", self._messages, data=form, auth=self._auth)
        return response if isinstance(response, TryLater | Uncertain) else _ending(response)

    def find(self, message: Outgoing, since: datetime, taken: set[str]) -> Ending:
        query = {"To": message.address, "DateSent>": (since - timedelta(days=1)).date().isoformat()}
        try:
            for items in self._listed(query, _PAGES):
                for item in items:
                    if _is_same(item, message, since) and item.get("sid") not in taken:
                        return Sent(str(item["sid"]))
        except ListTooLong:
            return Uncertain("lookup_too_long")
        except ListIncomplete:
            return Uncertain("lookup_failed")
        return TryLater("not_found_there")

    def received(self, since: datetime) -> Iterator[list[ListedMessage]]:
        """What people sent us since then, page by page, as the provider lists it (newest first).

        Raises ListIncomplete where the list can't be read to its end.
        """
        for items in self._listed({"DateSent>": f"{since:%Y-%m-%dT%H:%M:%SZ}"}, _MOST_PAGES):
            messages = [_inbound(item) for item in items]
            yield [message for message in messages if message and message.at >= since]

    def _listed(self, asked: dict[str, str], most: int) -> Iterator[list[Any]]:
        """What the provider lists, page by page, of `most` pages. Raises ListIncomplete."""
        url: str | None = self._messages
        query: dict[str, str] | None = {**asked, "PageSize": "100"}
        for _ in range(most):
            response = self._http.request("GET", str(url), params=query, auth=self._auth)
            if isinstance(response, TryLater | Uncertain):
                raise ListIncomplete(response.error)
            page = json_object(response)
            items = page.get("messages")
            if response.status_code != 200 or not isinstance(items, list):
                raise ListIncomplete(f"provider_{response.status_code}")
            yield items
            following = page.get("next_page_uri")
            if not following:
                return
            url, query = f"{self._api}{following}", None
        raise ListTooLong("list_too_long")


def _inbound(item: Any) -> ListedMessage | None:
    """A message to us in the list, None for what isn't one."""
    if not isinstance(item, dict) or item.get("direction") != "inbound" or not item.get("from"):
        return None
    at = _time(item.get("date_created") or item.get("date_sent"))
    if at is None:
        return None
    return ListedMessage(
        provider_id=clean(str(item.get("sid") or "")).strip(),
        sender=clean(str(item["from"])).strip(),
        written_to=clean(str(item.get("to") or "")).strip(),
        text=str(item.get("body") or ""),
        at=at,
        has_media=str(item.get("num_media") or "0") != "0",
    )


def _ending(response: requests.Response) -> Ending:
    body = json_object(response)
    code = body.get("code") or response.status_code
    if response.ok:
        sid = body.get("sid")
        return Sent(str(sid)) if sid else Uncertain("no_sid")
    if response.status_code == 429:
        return TryLater("rate_limited", seconds(response.headers.get("Retry-After")))
    if response.status_code in (500, 503):
        return TryLater(f"provider_{code}", seconds(response.headers.get("Retry-After")))
    if response.status_code > 500:
        return Uncertain(f"provider_{code}")
    return Refused(f"provider_{code}", gone=code == _STOPPED)


def _is_same(item: Any, message: Outgoing, since: datetime) -> bool:
    if not isinstance(item, dict) or not item.get("sid"):
        return False
    if item.get("body") != message.text or not str(item.get("direction", "outbound")).startswith("outbound"):
        return False
    created = _time(item.get("date_created") or item.get("date_sent"))
    return created is None or created >= since - _CLOCKS_APART


def _time(value: object) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(value))
    except (TypeError, ValueError):
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
