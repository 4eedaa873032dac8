"""Two managers and a database of their own."""

from __future__ import annotations

import pytest

from bot import operators
from bot.database import Database
from bot.models import Operator


@pytest.fixture
def sophea(database: Database) -> Operator:
    return new_manager(database, "sophea")


@pytest.fixture
def rithy(database: Database) -> Operator:
    return new_manager(database, "rithy")


def new_manager(database: Database, name: str) -> Operator:
    with database.transaction() as session:
        return operators.add(session, name, language="en")[0]
