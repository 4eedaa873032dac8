"""Alarms about a day's limits: supervisors are paged before answers stop, and when they have stopped."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from bot import audit, limits, operators, outbox
from bot.models import DayAlarm, Form
from bot.settings import Settings
from bot.words import say

log = structlog.get_logger()

_PERCENTS = (60, limits.EVERYDAY_PERCENT, limits.NOTICES_PERCENT, 100)
ABROAD = "abroad"


def watch_day(session: Session, settings: Settings) -> list[str]:
    """Pages supervisors about what the day has reached, each once: shares of its segments, and the
    replies to danger from abroad. Returns what was told."""
    used = limits.segments_today(session)
    reached = [percent for percent in _PERCENTS if used >= limits.share(settings, percent)]
    told = []
    # Of several at once only the highest is worth a page.
    new = [percent for percent in reached if _is_new(session, f"{percent}%")]
    if new:
        _page(session, settings, f"{max(new)}%")
        told.append(f"{max(new)}%")
    if limits.replies_abroad_today(session) >= max(1, settings.abroad_per_day) and _is_new(session, ABROAD):
        _page(session, settings, ABROAD)
        told.append(ABROAD)
    return told


def _is_new(session: Session, name: str) -> bool:
    """Whether `name` wasn't told today; from now on it was."""
    day = f"{limits.midnight():%Y-%m-%d}"
    if session.get(DayAlarm, (day, name)) is not None:
        return False
    session.add(DayAlarm(day=day, name=name))
    session.flush()
    return True


def _page(session: Session, settings: Settings, name: str) -> None:
    for supervisor in operators.supervisors(session):
        outbox.queue_page(session, supervisor, _words(name, Form(supervisor.language), settings))
    audit.record(session, None, "day_alarm", f"day:{limits.midnight():%Y-%m-%d}", name)
    log.warning("day_alarm", reached=name)


def _words(name: str, form: Form, settings: Settings) -> str:
    if name == ABROAD:
        return say("abroad_alarm", form, {"brand": settings.brand, "number": settings.abroad_per_day})
    return say("day_alarm", form, {"brand": settings.brand, "percent": name.rstrip("%")})
