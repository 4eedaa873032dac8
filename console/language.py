"""The console's words in Khmer and English, and its dates and waiting times."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from flask import Flask, g, request, session

from bot.models import Operator
from bot.models.columns import now
from bot.words import console_translations

LANGUAGES = {"km": "ខ្មែរ", "en": "English"}
_PHNOM_PENH = timezone(timedelta(hours=7))


def choose() -> None:
    """Before every request: the operator's language, else what this browser chose, else its own."""
    wanted = session.get("language") or request.accept_languages.best_match(LANGUAGES) or "km"
    g.language = wanted if wanted in LANGUAGES else "km"


def use(operator: Operator) -> None:
    """Takes over the operator's language for this browser."""
    session["language"] = g.language = operator.language


def gettext(message: str) -> str:
    """The console's words for the English `message`."""
    return console_translations(g.get("language", "en")).gettext(message)


def N_(message: str) -> str:
    """Marks the English `message` for the catalogues; gettext translates it when it is shown."""
    return message


def ngettext(one: str, many: str, number: int) -> str:
    """The words for one or for many; each is a message of its own, since Khmer has no plural."""
    return gettext(one if number == 1 else many)


def day(moment: datetime) -> str:
    """The day of `moment` in Phnom Penh."""
    return format_date(moment.astimezone(_PHNOM_PENH), "full", locale=g.language)


def date_words(of: date) -> str:
    """A day of the calendar, in words."""
    return format_date(of, "full", locale=g.language)


def short_date(of: date) -> str:
    """A day of the calendar, short, in an order that nobody can misread."""
    return format_date(of, "d MMM y", locale=g.language)


def clock(moment: datetime) -> str:
    """The time of day of `moment` in Phnom Penh."""
    return format_time(moment.astimezone(_PHNOM_PENH), "HH:mm", locale=g.language)


def moment(moment: datetime) -> str:
    """Day and time of `moment` in Phnom Penh, short, in an order that nobody can misread."""
    return format_datetime(moment.astimezone(_PHNOM_PENH), "d MMM y HH:mm", locale=g.language)


def waiting(since: datetime | None) -> str:
    """How long since `since`, in words."""
    return format_timedelta(now() - since, locale=g.language, threshold=1.2) if since else ""


def install(app: Flask) -> None:
    """Makes all this known to the templates."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(
        day=day, date_words=date_words, short_date=short_date, clock=clock, moment=moment, waiting=waiting
    )
    app.jinja_env.globals.update(languages=LANGUAGES)
