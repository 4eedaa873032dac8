"""The brain's state before a turn: it always listens, and what the records say goes over what it held."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import consent, dialogue
from bot.models.columns import now
from bot.needs import interview
from tests.needs.conftest import Someone, open_interview

OPEN = open_interview("household")


@pytest.mark.parametrize("events", [None, OPEN])
@pytest.mark.parametrize("days", [0, 2])
@pytest.mark.parametrize("answer", ["agree", "refuse", None])
def test_whatever_is_left_of_it_the_brain_listens(
    person: Someone, events: list[dict[str, object]] | None, days: int, answer: str | None
) -> None:
    person.conversation.brain_events = events
    person.conversation.last_message_at = now() - timedelta(days=days)
    if answer:
        getattr(person, answer)(consent.KEEP_NEEDS)
    found = dialogue.state_before(person.session, person.contact, person.conversation)
    assert not found or found[-1] == {"event": "action", "name": "action_listen"}


def test_an_open_interview_waits_with_its_answers_after_a_day(person: Someone) -> None:
    person.conversation.brain_events = OPEN
    person.conversation.last_message_at = now() - timedelta(days=2)
    events = dialogue.state_before(person.session, person.contact, person.conversation)
    assert interview.is_left(events) and interview.open_question(events) is None
    assert interview.slots(events)["needs"] == ["job_find"]


def test_who_withdrew_is_not_asked_and_a_child_never(person: Someone) -> None:
    def told() -> object:
        events = dialogue.state_before(person.session, person.contact, person.conversation)
        return interview.slots(events).get("consent")

    assert told() is None
    person.agree(consent.KEEP_NEEDS)
    assert told() is True
    consent.withdraw(person.session, person.contact)
    assert told() is False
    person.contact.seems_child = True
    assert told() is False
