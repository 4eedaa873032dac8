"""Bringing a database that is in use to the newest schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text

from bot.database import _alembic, connect, make_engine, migrate
from bot.models import Contact, Conversation, Message
from bot.models.columns import keyring
from bot.settings import Settings

_PEOPLE = """
INSERT INTO contact (id, channel, address, address_hash, form, form_chosen, created_at)
  VALUES ({id}, 'sms', :address, 'hash{id}', 'km', false, '2026-01-01 00:00:00');
INSERT INTO conversation (id, contact_id, state, opened_at, not_understood, last_message_at, pages)
  VALUES ({id}, {id}, 'bot', '2026-01-01 00:00:00', 0, '2026-01-01 00:00:00', 0);
INSERT INTO message (id, contact_id, conversation_id, direction, channel, author, kind, body, segments,
    state, position, attempts, next_attempt_at, created_at)
  VALUES ({id}, {id}, {id}, 'in', 'sms', 'person', 'text', :body, 1, 'handled', 1, 0,
    '2026-01-01 00:00:00', '2026-01-01 00:00:00');
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    create: Callable[..., str] = request.getfixturevalue("new_postgresql_database")
    return create(filled=False)


def make_of_schema_two(settings: Settings, people: int) -> None:
    """A database as it was at migration 0002, with a message of each of some people; keys must be in use."""
    command.upgrade(_alembic(settings.database_url), "0002")
    engine = make_engine(settings.database_url)
    with engine.begin() as connection:
        for number in range(1, people + 1):
            values = {
                "address": keyring().encrypt(f"+8551000000{number}", "contact.address"),
                "body": keyring().encrypt(f"message {number}", "message.body"),
            }
            for statement in filter(str.strip, _PEOPLE.format(id=number).split(";")):
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(text(statement), used)
    engine.dispose()


def test_people_and_messages_of_an_older_schema_are_kept_and_get_aliases(settings: Settings) -> None:
    database = connect(settings)
    make_of_schema_two(settings, people=5)
    migrate(settings)
    with database.reading() as session:
        contacts = list(session.scalars(select(Contact).order_by(Contact.id)))
        bodies = list(session.scalars(select(Message.body).order_by(Message.id)))
        assert len(list(session.scalars(select(Conversation)))) == 5
    assert [contact.address[-1] for contact in contacts] == list("12345")
    assert bodies == [f"message {number}" for number in range(1, 6)]
    assert len({contact.alias for contact in contacts}) == 5
    assert all(len(contact.alias.split()) == 2 for contact in contacts)
    database.engine.dispose()
