"""Finding conversations by what is kept of them and by words in encrypted messages."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bot import search
from bot.models import AuditEvent, Contact, Conversation, Role
from bot.teams import WOMENS_DESK
from tests.console.conftest import ON_BOTH, Desk, new_waiting
from tests.console.test_access import with_team

pytestmark = ON_BOTH


@pytest.fixture
def supervisor(app: Flask, desk: Desk) -> Desk:
    return Desk(app, desk.database, "chief", Role.SUPERVISOR).sign_in()


def look(desk: Desk, **fields: str) -> TestResponse:
    return desk.post("/search", "/search", **fields)


def found(answer: TestResponse) -> set[int]:
    import re

    return {int(number) for number in re.findall(r'href="/console/conversations/(\d+)"', answer.text)}


def contact_of(session: Session, conversation_id: int) -> Contact:
    return session.get_one(Conversation, conversation_id).contact


def test_by_alias_number_reason_channel_language_outcome_and_day(desk: Desk, waiting: int) -> None:
    other = new_waiting(desk.database, "another", "+85510000002", priority=3)
    with desk.database.transaction() as session:
        alias = contact_of(session, waiting).alias
        contact_of(session, other).form = "km"  # type: ignore[assignment]
        session.get_one(Conversation, other).outcome = "helped"
    assert found(look(desk, alias=alias.upper())) == {waiting}
    assert found(look(desk, number=str(other))) == {other}
    assert found(look(desk, topic="gbv")) == {waiting, other}
    assert found(look(desk, topic="medical_emergency")) == set()
    assert found(look(desk, channel="sms")) == {waiting, other}
    assert found(look(desk, channel="telegram")) == set()
    assert found(look(desk, form="km")) == {other}
    assert found(look(desk, outcome="helped")) == {other}
    assert found(look(desk, since="2020-01-01")) == {waiting, other}
    assert found(look(desk, until="2020-01-01")) == set()


@pytest.mark.parametrize(
    "fields",
    [{}, {"number": "x"}, {"since": "soon"}, {"channel": "fax"}, {"form": "th"}, {"number": "²"}],
)
def test_what_cannot_be_looked_for_is_said(desk: Desk, fields: dict[str, str]) -> None:
    assert look(desk, **fields).status_code == 400


def test_a_percent_sign_is_no_joker(desk: Desk, waiting: int) -> None:
    assert found(look(desk, alias="%")) == set()


def test_words_are_found_in_messages_by_supervisors_alone(desk: Desk, supervisor: Desk, waiting: int) -> None:
    khmer = new_waiting(desk.database, "ខ្ញុំចង់ធ្វើលិខិតឆ្លងដែន", "+85510000002")
    assert found(look(supervisor, words="HELP me")) == {waiting}
    answer = look(supervisor, words="លិខិតឆ្លងដែន")
    assert found(answer) == {khmer}
    assert "2 messages were read" in answer.text and "all that fit" in answer.text
    assert 'name="words"' not in desk.get("/search").text
    refused = look(desk, words="help")
    assert refused.status_code == 403 and found(refused) == set()


def test_the_search_stops_at_its_limit_and_says_so(
    supervisor: Desk, waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        new_waiting(supervisor.database, "nothing here", f"+8551000001{number}")
    monkeypatch.setattr(search, "_BATCH", 2)
    monkeypatch.setattr(search, "MOST_SCANNED", 4)
    answer = look(supervisor, words="please help")
    assert found(answer) == set()
    assert "4 messages were read" in answer.text and "older ones were not searched" in answer.text
    assert found(look(supervisor, words="please help", number=str(waiting))) == {waiting}


def test_another_teams_conversations_are_not_found(desk: Desk, waiting: int) -> None:
    with_team(desk.database, waiting, WOMENS_DESK)
    assert found(look(desk, number=str(waiting))) == set()


def test_every_search_is_audited_without_what_was_looked_for(supervisor: Desk, waiting: int) -> None:
    look(supervisor, words="please help", alias="secretalias")
    with supervisor.database.reading() as session:
        entry = session.scalars(select(AuditEvent).where(AuditEvent.action == "search")).one()
    assert "words" in entry.detail and "found:" in entry.detail
    with supervisor.database.engine.connect() as connection:
        trail = repr(connection.execute(text("SELECT * FROM audit_event")).all())
    assert "please" not in trail and "secretalias" not in trail


def test_looking_does_not_put_words_into_addresses(supervisor: Desk, waiting: int) -> None:
    assert supervisor.get("/search?words=please").text.count("please help me") == 0
    assert 'method="post"' in supervisor.get("/search").text
