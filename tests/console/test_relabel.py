"""Saying what a message really means, beside it: in plain words, and only by who may read it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from bot import intents
from bot.database import Database
from bot.models import AuditEvent, LearningCandidate, Message, Operator, Role, Team
from bot.teams import WOMENS_DESK
from console.language import LANGUAGES
from tests.console.conftest import Desk, new_waiting

BESIDE = {"HX-Request": "true"}


@pytest.fixture
def message(database: Database) -> Message:
    """A person's message in a conversation that waits."""
    conversation = new_waiting(database, "blim blam")
    with database.reading() as session:
        return session.scalars(select(Message).where(Message.conversation_id == conversation)).one()


def relabel(desk: Desk, message: Message, intent: str, beside: bool = True) -> str:
    page = f"/conversations/{message.conversation_id}"
    data = {"csrf_token": desk.token(page), "intent": intent}
    headers = BESIDE if beside else {}
    answered = desk.client.post(
        f"/console/messages/{message.id}/meaning", data=data, headers=headers, follow_redirects=True
    )
    return answered.text


def test_the_conversation_leads_to_the_form_and_the_form_offers_every_meaning_in_words(
    desk: Desk, message: Message
) -> None:
    address = f"/messages/{message.id}/meaning"
    assert f'hx-get="/console{address}"' in desk.get(f"/conversations/{message.conversation_id}").text
    form = desk.client.get(f"/console{address}", headers=BESIDE).text
    assert "<html" not in form and all(f'value="{intent}"' in form for intent in intents.ALL)
    assert "doc passport" not in form and ">passport<" in form
    assert "<html" in desk.get(address).text


@pytest.mark.parametrize("beside", [True, False])
def test_a_relabelled_message_is_audited_and_comes_to_the_list(
    desk: Desk, database: Database, message: Message, beside: bool
) -> None:
    assert "Noted: unpaid wages" in relabel(desk, message, "job_unpaid_wages", beside)
    page = desk.get(f"/conversations/{message.conversation_id}").text
    assert "means: unpaid wages" in page
    assert "somebody says that it means something else: unpaid wages" in desk.get("/learning/check").text
    with database.reading() as session:
        assert session.get_one(LearningCandidate, message.id).intent == "job_unpaid_wages"
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "relabel")).one()
        assert noted.subject == f"message:{message.id}"


def test_without_a_meaning_the_form_says_what_to_do(desk: Desk, message: Message) -> None:
    shown = relabel(desk, message, "nonsense")
    assert "Choose what it means." in shown and "<select" in shown


def test_who_may_not_read_the_conversation_relabels_nothing(
    app: Flask, database: Database, desk: Desk, message: Message
) -> None:
    with database.transaction() as session:
        team = session.scalars(select(Team).where(Team.key == WOMENS_DESK)).first()
        held = session.get_one(Message, message.id)
        assert team and held.conversation
        held.conversation.team_id = team.id
    other = Desk(app, database, "kosal").sign_in()
    manager = Desk(app, database, "sophea", Role.MANAGER).sign_in()
    for outsider in (other, manager):
        token = outsider.token("/account")
        address = f"/console/messages/{message.id}/meaning"
        assert outsider.client.get(address, headers=BESIDE).status_code in (403, 404)
        posted = outsider.client.post(address, data={"csrf_token": token, "intent": "gbv"}, headers=BESIDE)
        assert posted.status_code in (403, 404)
    assert desk.get("/messages/999/meaning").status_code == 404


def test_every_meaning_has_words_in_the_pages_languages(app: Flask, database: Database, desk: Desk) -> None:
    conversation = new_waiting(database, "blim", "+85510000009")
    with database.transaction() as session:
        operator = session.get_one(Operator, desk.operator_id)
        operator.language = "km"
        message = session.scalars(select(Message).where(Message.conversation_id == conversation)).one()
    assert "km" in LANGUAGES
    desk.client.post("/console/language", data={"csrf_token": desk.token("/account"), "language": "km"})
    form = desk.client.get(f"/console/messages/{message.id}/meaning", headers=BESIDE).text
    words = [part.split("</option>")[0].split(">")[1] for part in form.split("<option")[2:]]
    assert len(words) == len(intents.ALL)
    assert not [word for word in words if word.isascii()]
