"""The phone simulator: a basic phone and a Telegram-like chat in one page, for development only.

It stands in for both providers (TWILIO_API_URL and TELEGRAM_API_URL point here by default) and sends
through the real webhooks with real signatures, so that what it shows is what a person would get.
"""

from __future__ import annotations

from flask import Flask

from bot.settings import Settings
from simulator import page, providers, sending
from simulator.air import Air


def register(app: Flask) -> None:
    """Adds /simulator to `app`. Raises RuntimeError in production."""
    settings: Settings = app.config["SETTINGS"]
    if settings.production:
        raise RuntimeError("the phone simulator doesn't run in production")
    app.extensions["air"] = Air()
    for blueprint in (page.blueprint, providers.blueprint, sending.blueprint):
        app.register_blueprint(blueprint)
