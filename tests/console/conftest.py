"""An operator's browser against the real application, with CSRF on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import handoff, inbox, operators
from bot.database import Database
from bot.models import Author, Channel, Conversation, Delivery, Direction, Message, Role
from bot.settings import Settings
from web import create_app

OWN_PASSWORD = "a quiet road by the river"
ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """SQLite: what the pages call is tested on both. A file that wants its pages on both says
    `pytestmark = ON_BOTH`."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    server: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
    return server()


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return create_app(settings, database)


class Desk:
    """One operator's browser."""

    def __init__(
        self, app: Flask, database: Database, name: str = "sokha", role: Role = Role.OPERATOR
    ) -> None:
        self.client: FlaskClient = app.test_client()
        self.database = database
        self.name = name
        with database.transaction() as session:
            operator, self.password = operators.add(session, name, role, language="en")
            self.operator_id = operator.id

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/console{path}")

    def post(self, path: str, page: str | None = None, **fields: str) -> TestResponse:
        """Posts with the CSRF token of `page` (the sign-in by default)."""
        token = self.token(page or "/sign-in")
        return self.client.post(f"/console{path}", data={"csrf_token": token, **fields})

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found
        return found[1]

    def sign_in(self) -> Desk:
        self.post("/sign-in", name=self.name, password=self.password)
        self.post("/password", "/password", password=OWN_PASSWORD, again=OWN_PASSWORD)
        return self


@pytest.fixture
def desk(app: Flask, database: Database) -> Desk:
    return Desk(app, database).sign_in()


@pytest.fixture
def waiting(database: Database) -> int:
    """A conversation in the queue; its id."""
    return new_waiting(database, "please help me")


def new_waiting(database: Database, text: str, address: str = "+85510000001", priority: int = 2) -> int:
    with database.transaction() as session:
        contact = inbox.find_or_create_contact(session, Channel.SMS, address)
        contact.form = "en"  # type: ignore[assignment]
        conversation = Conversation(contact_id=contact.id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        session.add(
            Message(
                contact_id=contact.id,
                conversation_id=conversation.id,
                direction=Direction.IN,
                channel=Channel.SMS,
                author=Author.PERSON,
                body=text,
                provider_id=f"SM{conversation.id}",
                state=Delivery.HANDLED,
                position=1,
            )
        )
        handoff.escalate(session, conversation, "gbv", priority)
        return conversation.id
