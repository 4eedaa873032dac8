"""Another team's number opens nothing and tells nothing: it is answered like one that doesn't exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from bot import call_backs, outbox
from bot.models import Consent, Conversation, Message, Operator, Referral, Role, Service
from bot.models.columns import now
from bot.teams import WOMENS_DESK
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules, path_of
from tests.console.test_access import with_team

_NOWHERE = 987_654
# The page that asks for a reason says by design that the conversation is another team's.
_ASKS_WHY = {"console.glass_page", "console.break_glass"}


@pytest.fixture
def theirs(desk: Desk) -> dict[str, int]:
    """A conversation of another team with all that hangs on it, by the names of the routes."""
    number = new_waiting(desk.database, "please help me")
    with desk.database.transaction() as session:
        held = session.get_one(Conversation, number)
        operator = session.get_one(Operator, desk.operator_id)
        call = call_backs.schedule(session, operator, held, now() + timedelta(hours=1))
        outbox.fail(session, outbox.queue_operator_message(session, held, operator, "hello"), "undelivered")
        service = session.scalars(select(Service)).first()
        assert service
        consent = Consent(
            contact_id=held.contact_id,
            purpose="share",
            partner=service.key,
            given=True,
            text_version="1",
            form="en",
            channel="sms",
        )
        session.add(consent)
        session.flush()
        referral = Referral(
            contact_id=held.contact_id,
            conversation_id=number,
            service_id=service.id,
            consent_id=consent.id,
            need="work",
            shared={},
        )
        session.add(referral)
        session.flush()
        person = session.scalars(select(Message).where(Message.conversation_id == number)).first()
        assert person
        found = {
            "conversation_id": number,
            "call_id": call.id,
            "referral_id": referral.id,
            "message_id": person.id,
        }
    with_team(desk.database, number, WOMENS_DESK)
    return found


@dataclass(frozen=True)
class Answer:
    """An answer without what differs from request to request, and without numbers."""

    status: int
    location: str
    text: str
    flashed: str


def answers(app: Flask, desk: Desk, ids: dict[str, int]) -> dict[str, Answer]:
    """What every route that takes one of these numbers answers, with a valid form."""
    token = desk.token("/account")
    found = {}
    for rule in console_rules(app):
        if not set(ids) & rule.arguments or rule.endpoint in _ASKS_WHY:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            form = {"csrf_token": token, "text": "x", "to": "team:front_desk", "note": "x"}
            answer = desk.client.open(path_of(app, rule, **ids), method=method, data=form)
            with desk.client.session_transaction(path="/console") as session:
                flashed = str(session.pop("_flashes", []))
            text = re.sub(r'(name="csrf[-_]token" (?:value|content))="[^"]+"', r"\1", answer.text)
            plain = [
                re.sub(r"\d+", "0", part) for part in (answer.headers.get("Location", ""), text, flashed)
            ]
            found[f"{method} {rule.endpoint}"] = Answer(answer.status_code, *plain)
    return found


def test_every_route_answers_another_teams_number_as_it_answers_one_that_is_not_there(
    app: Flask, desk: Desk, theirs: dict[str, int]
) -> None:
    here = answers(app, desk, theirs)
    nowhere = answers(app, desk, dict.fromkeys(theirs, _NOWHERE))
    assert len(here) >= 30
    asked = set()
    for name, answer in here.items():
        assert "please help me" not in answer.text, name
        if answer.location.endswith("/conversations/0/open"):
            asked.add(name)
            continue
        assert answer == nowhere[name], name
    # A conversation asked for by its own number may be opened with a reason; nothing else offers it.
    assert all(name.startswith("GET ") for name in asked), asked
    assert "GET console.referral_detail" not in asked
    with desk.database.reading() as session:
        found = session.get_one(Conversation, theirs["conversation_id"])
        assert (found.state, found.operator_id) == ("waiting", None)


def test_the_same_holds_for_a_role_that_reads_no_conversations(
    app: Flask, desk: Desk, theirs: dict[str, int]
) -> None:
    for role in (Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR):
        other = Desk(app, desk.database, role, role).sign_in()
        here = answers(app, other, theirs)
        nowhere = answers(app, other, dict.fromkeys(theirs, _NOWHERE))
        for name, answer in here.items():
            assert answer == nowhere[name], (role, name)
            assert answer.status in (302, 403, 404), (role, name)
