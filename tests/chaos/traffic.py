"""People who write, over providers that deliver twice and out of order until they are acknowledged."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests
from twilio.request_validator import RequestValidator

from tests.chaos.fleet import Fleet
from tests.processes.helpline import SECRET, TOKEN

QUESTIONS = (
    "how can i get a new passport, the old one is lost",
    "where do i get a birth certificate",
    "ខ្ញុំចង់ធ្វើលិខិតឆ្លងដែន",
    "where can i learn to sew",
    "how do i get an identity card",
    "my boss did not pay my wages",
    "hello",
    "ខ្ញុំចង់រកការងារធ្វើ",
)
_TELEGRAM_SHARE = 0.3
_DOUBLED_SHARE = 0.5
_POSTERS = 8


@dataclass(frozen=True)
class Delivery:
    """One message as its provider delivers it."""

    channel: str
    identity: str
    path: str
    request: dict[str, Any]


class Traffic:
    """`people` × `each` messages; after `run` all of them are acknowledged."""

    def __init__(self, fleet: Fleet, people: int, each: int, seed: int = 1, pause: float = 1.0) -> None:
        self._fleet = fleet
        self._chance = random.Random(seed)
        self._pause = pause
        self.acknowledged: set[tuple[str, str]] = set()
        self.refused = 0
        self.posts = 0
        self._lock = threading.Lock()
        self._talks = [self._talk(number, each) for number in range(people)]

    def run(self) -> None:
        """Everybody writes; half of all deliveries come once more, shuffled."""
        every = [delivery for talk in self._talks for delivery in talk]
        again = [delivery for delivery in every if self._chance.random() < _DOUBLED_SHARE]
        self._chance.shuffle(again)
        with ThreadPoolExecutor(_POSTERS) as pool:
            talks = [pool.submit(self._write, talk, self._chance.randrange(2**30)) for talk in self._talks]
            repeats = [pool.submit(self._deliver, delivery) for delivery in again]
            for job in [*talks, *repeats]:
                job.result()

    def _write(self, talk: list[Delivery], seed: int) -> None:
        chance = random.Random(seed)
        while talk:
            if talk[0].channel == "telegram" and len(talk) > 1 and chance.random() < 0.5:
                talk[0], talk[1] = talk[1], talk[0]  # the later one overtakes
                self._deliver(talk.pop(0))
            else:
                time.sleep(chance.uniform(0, 2 * self._pause))
            self._deliver(talk.pop(0))

    def _deliver(self, delivery: Delivery) -> None:
        """Again and again until it is acknowledged, as a provider with endless retries would."""
        while True:
            port = random.choice(list(self._fleet.ports.values()))
            with self._lock:
                self.posts += 1
            try:
                url = f"http://127.0.0.1:{port}{delivery.path}"
                if requests.post(url, timeout=15, **delivery.request).status_code == 200:
                    break
            except requests.RequestException:
                pass
            with self._lock:
                self.refused += 1
            time.sleep(0.3)
        with self._lock:
            self.acknowledged.add((delivery.channel, delivery.identity))

    def _talk(self, number: int, each: int) -> list[Delivery]:
        texts = self._chance.choices(QUESTIONS, k=each)
        if self._chance.random() < _TELEGRAM_SHARE:
            return [self._telegram(number, turn, text) for turn, text in enumerate(texts)]
        return [self._sms(number, turn, text) for turn, text in enumerate(texts)]

    def _sms(self, number: int, turn: int, text: str) -> Delivery:
        identity = f"SM{number:08}{turn:04}"
        fields = {"MessageSid": identity, "From": f"+85512{number:06}", "To": "1294", "Body": text}
        path = "/webhooks/twilio/sms"
        signature = RequestValidator(TOKEN).compute_signature(self._fleet.url + path, fields)
        return Delivery("sms", identity, path, {"data": fields, "headers": {"X-Twilio-Signature": signature}})

    def _telegram(self, number: int, turn: int, text: str) -> Delivery:
        update_id = 10_000 * number + turn
        message = {
            "message_id": update_id,
            "date": 1_790_000_000 + turn,
            "chat": {"id": 700_000_000 + number, "type": "private"},
            "text": text,
        }
        body = {"update_id": update_id, "message": message}
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        return Delivery("telegram", str(update_id), "/webhooks/telegram", {"json": body, "headers": headers})
