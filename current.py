"""The settings and the database of the running application: for webhooks/, console/ and simulator/."""

from __future__ import annotations

from flask import current_app

from bot.database import Database
from bot.settings import Settings


def settings() -> Settings:
    """The settings that the application was made with."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def database() -> Database:
    """The database that the application was made with."""
    found: Database = current_app.config["DATABASE"]
    return found
