"""The language of a partner's page: chosen there, else the partner's own, else the browser's."""

from __future__ import annotations

from flask import g, request

from bot.words import console_translations

LANGUAGES = ("km", "en")


def choose() -> None:
    """Before every request: ?l=km or ?l=en, else the browser's."""
    wanted = request.values.get("l") or request.accept_languages.best_match(LANGUAGES)
    g.language = wanted if wanted in LANGUAGES else "km"
    g.chosen = request.values.get("l") in LANGUAGES


def prefer(language: str) -> None:
    """The partner's own language, where nothing was chosen on the page."""
    if not g.chosen and language in LANGUAGES:
        g.language = language


def gettext(message: str) -> str:
    return console_translations(g.get("language", "km")).gettext(message)
