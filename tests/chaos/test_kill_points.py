"""kill -9 at every stage of a message's way, on both databases: kept once, answered once.

CHAOS_KILLS repeats each (`make chaos` sets it to 100).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from twilio.request_validator import RequestValidator

from bot.brain import RasaBrain
from bot.database import Database
from bot.models import Conversation, Delivery, Direction, Message, State
from bot.models.columns import now
from bot.settings import Settings
from tests.chaos import victim
from tests.conftest import BRAIN_TOKEN
from tests.stand_ins import Providers

pytestmark = pytest.mark.brain

KILLS = int(os.environ.get("CHAOS_KILLS", "1"))
KILLED = -9
# A message's way through the worker: claim, brain, turn, claim to send, provider, note of the ending.
WORKER_POINTS = [
    *[(f"commit:{when}", nth) for nth in (1, 2, 3, 4) for when in ("before", "after")],
    *[(f"http:{when}", nth) for nth in (1, 2) for when in ("before", "after")],
]
WORKER_POINTS_IN_SHORT = [("commit:after", 1), ("commit:before", 2), ("http:after", 2)]


class Scene:
    """One helpline of real parts, whose web and worker run (and die) in processes of their own."""

    def __init__(self, settings: Settings, database: Database, environment: dict[str, str]) -> None:
        self.settings, self.database, self.environment = settings, database, environment

    def request(self, path: str, fields: dict[str, str]) -> dict[str, object]:
        url = f"{self.settings.public_url}{path}"
        signature = RequestValidator(self.settings.twilio_auth_tokens[0]).compute_signature(url, fields)
        return {"data": fields, "headers": {"X-Twilio-Signature": signature}}

    def post_sms(self, identity: str, point: str = "", post: Callable[..., None] = victim.post) -> int:
        fields = {"MessageSid": identity, "From": f"+855{identity[2:]}", "To": "1294", "Body": "hello"}
        path = "/webhooks/twilio/sms"
        return victim.run(post, self.environment, path, self.request(path, fields), point)

    def work(self, point: str = "", nth: int = 0) -> int:
        return victim.run(victim.work, self.environment, point, nth)

    def let_leases_run_out(self) -> None:
        with self.database.transaction() as session:
            past = now() - timedelta(seconds=1)
            session.execute(update(Message).where(Message.lease.is_not(None)).values(lease_until=past))
            session.execute(update(Message).values(next_attempt_at=past))

    def finish(self) -> None:
        """What the next workers do once the leases have run out."""
        unfinished = (Delivery.RECEIVED, Delivery.QUEUED, Delivery.SENDING)
        for _ in range(5):
            everything = self.messages(Direction.IN) + self.messages(Direction.OUT)
            if not any(message.state in unfinished for message in everything):
                return
            self.let_leases_run_out()
            assert self.work() == 0

    def messages(self, direction: Direction) -> list[Message]:
        with self.database.reading() as session:
            return list(session.scalars(select(Message).where(Message.direction == direction)))


@pytest.fixture
def scene(
    settings: Settings,
    database: Database,
    environment: dict[str, str],
    database_url: str,
    providers: Providers,
    brain: RasaBrain,
) -> Scene:
    variables = {
        **environment,
        "DATABASE_URL": database_url,
        "TWILIO_API_URL": providers.url,
        "TELEGRAM_API_URL": providers.url,
        "RASA_URL": brain.addresses[0],
        "RASA_TOKEN": BRAIN_TOKEN,
    }
    return Scene(settings, database, variables)


@pytest.mark.parametrize("point", ["commit:before", "commit:after"])
def test_a_webhook_killed_before_its_answer_is_posted_again_and_kept_once(scene: Scene, point: str) -> None:
    for kill in range(KILLS):
        identity = f"SM1{kill:07}"
        assert scene.post_sms(identity, point) == KILLED
        assert scene.post_sms(identity) == 0
        assert scene.post_sms(identity) == 0
    kept = scene.messages(Direction.IN)
    assert len(kept) == len({message.provider_id for message in kept}) == KILLS


@pytest.mark.parametrize(
    ("database_url", "point", "nth"),
    [("sqlite", *point) for point in WORKER_POINTS]
    + [("postgresql", *point) for point in (WORKER_POINTS if KILLS > 1 else WORKER_POINTS_IN_SHORT)],
    indirect=["database_url"],
)
def test_a_worker_killed_anywhere_answers_once_all_the_same(
    scene: Scene, providers: Providers, point: str, nth: int
) -> None:
    for kill in range(KILLS):
        scene.post_sms(f"SM2{kill:07}")
        assert scene.work(point, nth) == KILLED
        scene.finish()
    sent = [message["to"] for message in providers.sms]
    assert len(sent) == len(set(sent)) == KILLS
    assert {message.state for message in scene.messages(Direction.IN)} == {Delivery.HANDLED}
    replies = scene.messages(Direction.OUT)
    assert [reply.state for reply in replies] == [Delivery.SENT] * KILLS
    assert sorted(r.provider_id or "" for r in replies) == sorted(m["sid"] for m in providers.sms)


def test_a_reply_that_telegram_may_have_is_never_sent_blindly_again(
    scene: Scene, providers: Providers
) -> None:
    request = {
        "json": {
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": 1_790_000_000,
                "chat": {"id": 700000001, "type": "private"},
                "text": "hello",
            },
        },
        "headers": {"X-Telegram-Bot-Api-Secret-Token": scene.settings.telegram_webhook_secret},
    }
    assert victim.run(victim.post, scene.environment, "/webhooks/telegram", request) == 0
    scene.let_leases_run_out()
    assert scene.work("http:after", 2) == KILLED
    scene.finish()
    assert len(providers.telegram) == 1
    with scene.database.reading() as session:
        conversation = session.scalars(select(Conversation)).one()
    assert (conversation.state, conversation.reason) == (State.WAITING, "not_delivered")


@pytest.mark.parametrize("point", ["commit:before", "commit:after"])
def test_a_receipt_killed_in_the_middle_is_right_after_its_repetition(
    scene: Scene, providers: Providers, point: str
) -> None:
    path = "/webhooks/twilio/status"
    for kill in range(KILLS):
        scene.post_sms(f"SM3{kill:07}")
        assert scene.work() == 0
        fields = {"MessageSid": providers.sms[kill]["sid"], "MessageStatus": "delivered"}
        request = scene.request(path, fields)
        assert victim.run(victim.post, scene.environment, path, request, point) == KILLED
        assert victim.run(victim.post, scene.environment, path, request) == 0
    assert [message.state for message in scene.messages(Direction.OUT)] == [Delivery.DELIVERED] * KILLS


def test_a_full_disk_acknowledges_nothing_and_harms_nothing(scene: Scene) -> None:
    if not scene.database.is_sqlite:
        pytest.skip("PostgreSQL's disk isn't this process's")
    path = "/webhooks/twilio/sms"
    acknowledged = []
    for number in range(3):
        fields = {"MessageSid": f"SM5{number:07}", "From": "+85510000001", "To": "1294", "Body": "x"}
        request = scene.request(path, fields)
        code = victim.run(victim.post_on_a_full_disk, scene.environment, path, request, 4096)
        acknowledged += [fields["MessageSid"]] if code == 0 else []
    assert acknowledged == []
    assert scene.post_sms("SM50000009") == 0
    with scene.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert [message.provider_id for message in scene.messages(Direction.IN)] == ["SM50000009"]
