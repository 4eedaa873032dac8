"""Rasa's own Twilio channel, for the comparison only: runs in the brain's environment.

What it receives, when it acknowledges and how it sends is Rasa's own code. Two things are bent: Twilio's
address, to the stand-in; and our acts, which it can't send as they are, go out as their key.
"""

from __future__ import annotations

import os
from typing import Any

from rasa.core.channels.twilio import TwilioInput, TwilioOutput
from twilio.http.http_client import TwilioHttpClient


class StandIn(TwilioHttpClient):
    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        return super().request(
            method, url.replace("https://api.twilio.com", os.environ["BENCH_TWILIO"]), *args, **options
        )


class Output(TwilioOutput):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.http_client = StandIn()

    async def send_custom_json(self, recipient_id: str, json_message: dict[str, Any], **_: Any) -> None:
        await self.send_text_message(recipient_id, str(json_message.get("say") or json_message.get("do")))


class Channel(TwilioInput):
    def get_output_channel(self) -> Output:
        return Output(self.account_sid, self.auth_token, self.twilio_number)
