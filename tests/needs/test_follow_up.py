"""Asking after some days whether help came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import consent, follow_up
from bot.models import FollowUp, Message, Need
from bot.needs import keeping
from bot.settings import Settings
from tests.needs.conftest import NOON, Someone


@pytest.fixture
def due(person: Someone, settings: Settings, clock: Callable[[datetime], None]) -> FollowUp:
    """A follow-up that the person agreed to, whose day has come."""
    clock(NOON)
    person.agree(consent.CONTACT_LATER)
    agreed = person.agree(consent.KEEP_NEEDS)
    keeping.keep_need(person.session, person.conversation, agreed, "need_debt", "21")
    one = follow_up.schedule(person.session, person.contact, person.conversation, settings)
    clock(NOON + timedelta(days=settings.follow_up_days))
    return one


def states(person: Someone) -> list[str]:
    return list(person.session.scalars(select(FollowUp.state).order_by(FollowUp.id)))


def test_it_is_asked_in_neutral_words_once_the_day_has_come(
    person: Someone, due: FollowUp, settings: Settings, clock: Callable[[datetime], None]
) -> None:
    clock(NOON)
    assert follow_up.send_due(person.session, settings) == 0
    clock(NOON + timedelta(days=settings.follow_up_days))
    assert follow_up.send_due(person.session, settings) == 1
    sent = person.session.get_one(Message, due.message_id)
    assert "1 Yes" in sent.body and "2 Not yet" in sent.body and sent.series == "follow_up"
    assert not {"debt", "help", "need", "labour"} & set(sent.body.casefold().split("\n")[0].split())
    assert follow_up.send_due(person.session, settings) == 0


def test_a_yes_ends_it_and_the_need_is_met(person: Someone, due: FollowUp, settings: Settings) -> None:
    follow_up.send_due(person.session, settings)
    follow_up.answered(person.session, person.contact, person.conversation, "yes", settings)
    assert due.answer == "yes"
    assert person.session.scalars(select(Need)).one().state == "met"


def test_not_yet_is_asked_again_later(
    person: Someone, due: FollowUp, settings: Settings, clock: Callable[[datetime], None]
) -> None:
    follow_up.send_due(person.session, settings)
    follow_up.answered(person.session, person.contact, person.conversation, "not_yet", settings)
    assert states(person) == ["answered", "due"]
    clock(NOON + timedelta(days=2 * settings.follow_up_days))
    assert follow_up.send_due(person.session, settings) == 1


def test_after_two_without_an_answer_it_is_quiet(
    person: Someone, due: FollowUp, settings: Settings, clock: Callable[[datetime], None]
) -> None:
    sent = []
    for times in range(1, 6):
        clock(NOON + timedelta(days=times * settings.follow_up_days))
        sent.append(follow_up.send_due(person.session, settings))
    assert sent == [1, 1, 0, 0, 0]


def test_without_consent_it_is_dropped(person: Someone, due: FollowUp, settings: Settings) -> None:
    consent.withdraw(person.session, person.contact, (consent.CONTACT_LATER,))
    assert follow_up.send_due(person.session, settings) == 0
    assert due.state == "dropped"


def test_at_night_it_waits(
    person: Someone, due: FollowUp, settings: Settings, clock: Callable[[datetime], None]
) -> None:
    clock(NOON + timedelta(days=settings.follow_up_days, hours=12))
    assert follow_up.send_due(person.session, settings) == 0
    assert due.state == "due" and due.due_at == NOON.replace(hour=1) + timedelta(
        days=settings.follow_up_days + 1
    )
