"""A contact with an open conversation, to try rules on without a brain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot import consent
from bot.database import Database
from bot.inbox import find_or_create_contact
from bot.models import Channel, Contact, Conversation, Form, State

# Rows get the real time, so the rules are tried on today's noon in Phnom Penh.
NOON = (datetime.now(UTC) + timedelta(hours=7)).replace(hour=5, minute=0, second=0, microsecond=0)


def open_interview(question: str) -> list[dict[str, object]]:
    """The brain's state in the middle of an interview that has just asked `question`."""
    return [
        {"event": "active_loop", "name": "interview_form"},
        {"event": "slot", "name": "interview", "value": "on"},
        {"event": "slot", "name": "needs", "value": ["job_find"]},
        {"event": "slot", "name": "requested_slot", "value": question},
        {"event": "action", "name": "action_listen"},
    ]


@dataclass
class Someone:
    """A person who has written before. `agree` gives a yes to a purpose."""

    session: Session
    contact: Contact
    conversation: Conversation

    def agree(self, purpose: str, partner: str | None = None) -> consent.Consent:
        version = consent.show(self.session, purpose, Form.ENGLISH, f"May we {purpose}?")
        return consent.record(self.session, self.contact, purpose, True, version, partner=partner)

    def refuse(self, purpose: str) -> consent.Consent:
        version = consent.show(self.session, purpose, Form.ENGLISH, f"May we {purpose}?")
        return consent.record(self.session, self.contact, purpose, False, version)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as open_session:
        yield open_session


@pytest.fixture
def new_person(session: Session) -> Callable[[str], Someone]:
    def new(address: str = "+85510000001", channel: Channel = Channel.SMS) -> Someone:
        contact = find_or_create_contact(session, channel, address)
        contact.form = Form.ENGLISH
        conversation = Conversation(contact_id=contact.id, state=State.BOT, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        return Someone(session, contact, conversation)

    return new


@pytest.fixture
def person(new_person: Callable[[str], Someone]) -> Someone:
    return new_person("+85510000001")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the time that rules and rows see."""

    def set_to(at: datetime) -> None:
        for module in ("bot.outbound", "bot.follow_up", "bot.consent", "bot.models.columns"):
            monkeypatch.setattr(f"{module}.now", lambda: at)

    return set_to
