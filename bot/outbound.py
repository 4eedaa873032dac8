"""Messages that the system begins: whether one may go now, and sending it.

Everything that answers no message of the person goes through `send`: only with consent to be
written to, in safe hours, not while a human has the conversation, with a way out of each series, and
within limits per person, per day and of the month's spending. Answers to people and what operators
write are never limited here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit, consent, limits, operators, outbox, safe_contact
from bot.models import (
    Channel,
    Contact,
    Conversation,
    Direction,
    Form,
    Message,
    SeriesOptOut,
    SpendAlarm,
    State,
)
from bot.models.columns import now
from bot.replies import Option, compose
from bot.settings import Settings
from bot.words import say

_LOCAL = timedelta(hours=7)  # Phnom Penh
_ALARM_PERCENTS = (80, 100)


class Series(StrEnum):
    """What a system message belongs to; a person can end each by itself."""

    FOLLOW_UP = "follow_up"
    JOB_ALERT = "job_alert"
    REFERRAL = "referral"


# A referral's steps may also be told on the yes to the referral itself.
_PURPOSES = {Series.REFERRAL: (consent.CONTACT_LATER, consent.SHARE)}


@dataclass(frozen=True)
class Held:
    """Why a message may not go now; `again_at` says when it may be tried again, None for never."""

    reason: str
    again_at: datetime | None = None


def check(
    session: Session,
    contact: Contact,
    series: Series,
    settings: Settings,
    *,
    partner: str | None = None,
    at: datetime | None = None,
) -> Held | None:
    """What holds a message of `series` to `contact` back at this time, None where it may go.

    `partner` is the one a referral's step is about: a yes to sharing with it allows telling.
    """
    at = at or now()
    if contact.stopped_at or contact.blocked_at:
        return Held("stopped")
    if contact.safe_to_text is False or contact.covered_since:
        return Held("not_safe")
    if contact.channel == Channel.SMS and not limits.may_answer(contact.address, settings):
        return Held("prefix")
    if session.get(SeriesOptOut, (contact.id, series)) is not None:
        return Held("series_off")
    if not _has_consent(session, contact, series, partner):
        return Held("no_consent")
    first, last = settings.outbound_hours
    local = at + _LOCAL
    if not first <= local.hour < last:
        return Held("hours", _next_opening(local, first))
    if not safe_contact.may_write(contact, at):
        return Held("hours", at + timedelta(hours=1))
    with_people = select(Conversation.id).where(
        Conversation.contact_id == contact.id,
        Conversation.state.in_((State.WAITING, State.WITH_OPERATOR)),
    )
    if session.scalars(with_people).first() is not None:
        return Held("with_a_person", at + timedelta(hours=12))
    tomorrow = _next_opening(local, first)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0) - _LOCAL
    if _count(session, today, contact) >= settings.outbound_per_person:
        return Held("person_limit", tomorrow)
    if _count(session, today) >= settings.outbound_per_day:
        return Held("day_limit", tomorrow)
    if contact.channel == Channel.SMS and limits.everyday_is_spent(session, settings):
        return Held("day_spent", tomorrow)
    if contact.channel == Channel.SMS and _is_spent(session, settings, at):
        return Held("spend_limit", _next_month(local))
    return None


def send(
    session: Session,
    contact: Contact,
    series: Series,
    words: list[str],
    options: Sequence[Option],
    settings: Settings,
    *,
    partner: str | None = None,
) -> Message | Held:
    """Queues a message of `series` with numbered `options`, the last of which ends the series; or says
    what holds it back. The words must be neutral: somebody else may hold the phone."""
    held = check(session, contact, series, settings, partner=partner)
    if held is not None:
        return held
    form = Form(contact.form)
    end = Option(say("option_end_series", form), f"!end_series:{series}")
    reply = compose(words, [*options, end], form, contact.channel)
    conversation = _conversation(session, contact)
    message = outbox.queue_reply(session, contact, conversation, reply, form, None)
    message.series = series
    return message


def end_series(session: Session, contact: Contact, series: Series) -> None:
    """The person wants no more of `series`; the others go on, STOP ends all."""
    if session.get(SeriesOptOut, (contact.id, series)) is None:
        session.add(SeriesOptOut(contact_id=contact.id, series=series))
        session.flush()
        audit.record(session, None, "end_series", f"contact:{contact.id}", series)


def spent(session: Session, at: datetime) -> int:
    """SMS segments that went out in this month (of Phnom Penh) until now."""
    start = (at + _LOCAL).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - _LOCAL
    query = select(func.sum(Message.segments)).where(
        Message.direction == Direction.OUT, Message.channel == Channel.SMS, Message.created_at >= start
    )
    return session.scalar(query) or 0


def watch_spending(session: Session, settings: Settings, at: datetime | None = None) -> int | None:
    """Tells the managers, once a month for each, that 80 % or all of the spend limit is used; the
    percentage told, None where there is nothing new."""
    at = at or now()
    if not settings.spend_limit:
        return None
    used = spent(session, at) * settings.sms_price / settings.spend_limit * 100
    month = f"{at + _LOCAL:%Y-%m}"
    reached = [percent for percent in _ALARM_PERCENTS if used >= percent]
    new = [percent for percent in reached if session.get(SpendAlarm, (month, percent)) is None]
    if not new:
        return None
    session.add_all(SpendAlarm(month=month, percent=percent) for percent in new)
    for manager in operators.supervisors(session):
        values = {"brand": settings.brand, "percent": max(new)}
        outbox.queue_page(session, manager, say("spend_alarm", Form(manager.language), values))
    audit.record(session, None, "spend_alarm", f"month:{month}", f"{max(new)} %")
    return max(new)


def _has_consent(session: Session, contact: Contact, series: Series, partner: str | None) -> bool:
    for purpose in _PURPOSES.get(series, (consent.CONTACT_LATER,)):
        if purpose == consent.SHARE and partner is None:
            continue
        named = partner if purpose == consent.SHARE else None
        if consent.is_given(session, contact, purpose, named):
            return True
    return False


def _count(session: Session, since: datetime, contact: Contact | None = None) -> int:
    query = select(func.count()).select_from(Message).where(Message.series.is_not(None))
    query = query.where(Message.created_at >= since)
    if contact is not None:
        query = query.where(Message.contact_id == contact.id)
    return session.scalar(query) or 0


def _is_spent(session: Session, settings: Settings, at: datetime) -> bool:
    return bool(settings.spend_limit) and spent(session, at) * settings.sms_price >= settings.spend_limit


def _conversation(session: Session, contact: Contact) -> Conversation:
    """The contact's open conversation, or a new one, so that a number in reply has its meaning."""
    query = select(Conversation).where(
        Conversation.contact_id == contact.id, Conversation.state != State.CLOSED
    )
    found = session.scalars(query.order_by(Conversation.id.desc()).limit(1).with_for_update()).first()
    if found is None:
        found = Conversation(contact_id=contact.id, state=State.BOT, not_understood=0, pages=0)
        session.add(found)
        session.flush()
    return found


def _next_opening(local: datetime, first: int) -> datetime:
    opening = local.replace(hour=first, minute=0, second=0, microsecond=0)
    if local.hour >= first:
        opening += timedelta(days=1)
    return (opening - _LOCAL).astimezone(UTC)


def _next_month(local: datetime) -> datetime:
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return ((start + timedelta(days=32)).replace(day=1) - _LOCAL).astimezone(UTC)
