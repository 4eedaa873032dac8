"""One invented year for all tests of the figures: making it takes most of their time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from bot.commands import phlov
from bot.database import Database, connect
from bot.settings import Settings, load_settings


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Database]]:
    """A year of 900 invented conversations."""
    folder = tmp_path_factory.mktemp("year")
    environment = {"PHLOV_VAR": str(folder), "PHLOV_ENV": "development", "PHLOV_PUBLIC_INSIGHT": "yes"}
    for command in (["migrate"], ["demo-data", "--conversations", "900"]):
        result = CliRunner().invoke(phlov, command, env={**environment, "DATABASE_URL": ""})
        assert result.exit_code == 0, result.output
    settings = load_settings(environment)
    database = connect(settings)
    yield settings, database
    database.engine.dispose()
