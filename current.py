"""What the running application was made with: for webhooks/, console/ and simulator/."""

from __future__ import annotations

from flask import current_app

from bot.database import Database
from bot.feed import Feed
from bot.presence import Presence
from bot.settings import Settings


def settings() -> Settings:
    """The settings that the application was made with."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def database() -> Database:
    """The database that the application was made with."""
    found: Database = current_app.config["DATABASE"]
    return found


def feed() -> Feed:
    """The live events of this process."""
    found: Feed = current_app.config["FEED"]
    return found


def presence() -> Presence:
    """Who looks at which conversation."""
    found: Presence = current_app.config["PRESENCE"]
    return found
