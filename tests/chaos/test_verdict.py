"""The judge itself: every broken promise is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import inbox, sender
from bot.brain import BrainTurn, BrainUnavailable, Events
from bot.channels import providers as make_providers
from bot.database import Database
from bot.models import Channel, Conversation, Delivery, Direction, Message, State
from bot.models.columns import now
from bot.settings import Settings
from bot.turn import take_turn
from tests.chaos.verdict import judge, wait_until_settled
from tests.stand_ins import Providers

ACKNOWLEDGED = {("sms", "SM1"), ("sms", "SM2")}


class Away:
    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        raise BrainUnavailable("away")


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture(autouse=True)
def two_people_answered(database: Database, settings: Settings, providers: Providers) -> None:
    for number in (1, 2):
        message = inbox.Inbound(Channel.SMS, f"SM{number}", f"+8551000000{number}", "hello")
        inbox.accept(database, message)
    while claim := inbox.claim_next(database):
        take_turn(database, claim, Away(), settings)
    while sender.send_next(database, make_providers(settings)):
        pass


def change(
    database: Database, table: type[Message] | type[Conversation], where: object, **values: object
) -> None:
    with database.transaction() as session:
        session.execute(update(table).where(where).values(**values))  # type: ignore[arg-type]


def test_where_all_held_nothing_is_broken(database: Database, providers: Providers) -> None:
    assert wait_until_settled(database, 5) >= 0
    assert judge(database, providers, ACKNOWLEDGED).broken == {}


def test_an_acknowledged_message_that_is_not_kept_is_lost(database: Database, providers: Providers) -> None:
    assert judge(database, providers, {*ACKNOWLEDGED, ("sms", "SM3")}).broken == {"lost": 1}


def test_a_second_sending_is_a_doubling(database: Database, providers: Providers) -> None:
    providers.sms.append(dict(providers.sms[0]))
    assert judge(database, providers, ACKNOWLEDGED).broken == {"doubled": 1}


def test_marked_as_sent_and_never_at_the_provider_is_a_phantom(
    database: Database, providers: Providers
) -> None:
    providers.sms.pop()
    assert judge(database, providers, ACKNOWLEDGED).broken == {"phantom": 1}


def test_what_is_under_way_for_ever_is_unhandled(database: Database, providers: Providers) -> None:
    change(database, Message, Message.provider_id == "SM1", state=Delivery.RECEIVED)
    assert judge(database, providers, ACKNOWLEDGED).broken == {"unhandled": 1}
    with pytest.raises(AssertionError):
        wait_until_settled(database, 0.5)


def test_a_failed_turn_outside_of_the_queue_is_unnoticed(database: Database, providers: Providers) -> None:
    with database.reading() as session:
        first = session.scalars(select(Conversation.id).order_by(Conversation.id)).first()
    change(database, Conversation, Conversation.id == first, state=State.BOT)
    assert judge(database, providers, ACKNOWLEDGED).broken == {"unnoticed": 1}


def test_no_reply_and_no_human_is_silence(database: Database, providers: Providers) -> None:
    change(database, Conversation, Conversation.id > 0, state=State.BOT, reason=None)
    change(database, Message, Message.direction == Direction.OUT, reply_to_id=None)
    assert judge(database, providers, ACKNOWLEDGED).broken == {"unanswered": 2}


def test_an_unsent_reply_that_nobody_sees_is_unsent(database: Database, providers: Providers) -> None:
    change(database, Conversation, Conversation.id > 0, state=State.BOT, reason=None)
    change(database, Message, Message.direction == Direction.OUT, state=Delivery.FAILED)
    assert judge(database, providers, ACKNOWLEDGED).broken == {"unsent": 2}


def test_a_later_message_answered_first_is_disorder(database: Database, providers: Providers) -> None:
    with database.transaction() as session:
        first, second = session.scalars(
            select(Message).where(Message.direction == Direction.IN).order_by(Message.id)
        )
        second.contact_id = first.contact_id
        first.position, second.position = 2, 1
        first.created_at, second.created_at = now(), now() - timedelta(seconds=5)
    assert judge(database, providers, ACKNOWLEDGED).broken == {"disordered": 1}
