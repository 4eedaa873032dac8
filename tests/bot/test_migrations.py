"""The schema's steps keep what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from bot.database import _alembic, connect
from bot.settings import Settings


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite copies a table to change it, which is where rows could get lost."""
    return f"sqlite:///{tmp_path}/test.db"


def test_a_database_with_conversations_is_brought_to_the_newest_schema(settings: Settings) -> None:
    config = _alembic(settings.database_url)
    command.upgrade(config, "0002")
    database = connect(settings)
    insert_one_of_each = (
        "INSERT INTO contact (id, channel, address, address_hash, form, form_chosen, created_at) "
        "VALUES (1, 'sms', 'x', 'x', 'km', false, '2026-01-01')",
        "INSERT INTO operator (id, name, name_hash, role, password_hash, one_time, language, on_call, "
        "created_at) VALUES (1, 'x', 'x', 'operator', 'x', true, 'km', false, '2026-01-01')",
        "INSERT INTO conversation (id, contact_id, state, opened_at, not_understood, last_message_at, pages) "
        "VALUES (1, 1, 'bot', '2026-01-01', 0, '2026-01-01', 0)",
        "INSERT INTO message (id, contact_id, conversation_id, direction, channel, author, kind, body, "
        "segments, state, position, attempts, next_attempt_at, created_at) VALUES "
        "(1, 1, 1, 'in', 'sms', 'person', 'text', 'x', 1, 'handled', 1, 0, '2026-01-01', '2026-01-01')",
    )
    with database.engine.begin() as connection:
        for statement in insert_one_of_each:
            connection.execute(text(statement))
    command.upgrade(config, "head")
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT conversation_id FROM message")).scalars().all() == [1]
        assert connection.execute(text("SELECT team_id FROM conversation")).scalars().all() == [None]
        teams = "SELECT key FROM team JOIN team_member ON team_id = team.id WHERE operator_id = 1"
        assert connection.execute(text(teams)).scalars().all() == ["front_desk"]
        assert connection.execute(text("SELECT count(*) FROM team")).scalar() == 3
    database.engine.dispose()
