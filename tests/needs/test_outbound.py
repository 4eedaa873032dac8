"""Messages that the system begins: whether they may go now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import consent, operators, outbound
from bot.models import Channel, Message, State
from bot.outbound import Held, Series
from bot.replies import Option
from bot.settings import Settings
from tests.needs.conftest import NOON, Someone

NIGHT = NOON.replace(hour=16, minute=30)  # 23:30


def reason(held: Held | None) -> str | None:
    return held.reason if held else None


def send(person: Someone, settings: Settings, series: Series = Series.JOB_ALERT) -> Message | Held:
    return outbound.send(
        person.session, person.contact, series, ["A word."], [Option("Yes", "!more")], settings
    )


@pytest.fixture(autouse=True)
def noon(clock: Callable[[datetime], None]) -> None:
    clock(NOON)


def test_only_with_consent_to_be_written_to(person: Someone, settings: Settings) -> None:
    held = outbound.check(person.session, person.contact, Series.JOB_ALERT, settings)
    assert held == Held("no_consent")
    person.agree(consent.CONTACT_LATER)
    assert outbound.check(person.session, person.contact, Series.JOB_ALERT, settings) is None
    consent.withdraw(person.session, person.contact)
    assert reason(outbound.check(person.session, person.contact, Series.JOB_ALERT, settings)) == "no_consent"


def test_a_referrals_steps_may_be_told_on_the_yes_to_that_partner(
    person: Someone, settings: Settings
) -> None:
    person.agree(consent.SHARE, "nea")
    ask = {"session": person.session, "contact": person.contact, "settings": settings}
    assert outbound.check(series=Series.REFERRAL, partner="nea", **ask) is None  # type: ignore[arg-type]
    assert reason(outbound.check(series=Series.REFERRAL, partner="x", **ask)) == "no_consent"  # type: ignore[arg-type]
    assert reason(outbound.check(series=Series.JOB_ALERT, **ask)) == "no_consent"  # type: ignore[arg-type]


def test_at_night_it_waits_for_the_morning(person: Someone, settings: Settings) -> None:
    person.agree(consent.CONTACT_LATER)
    held = outbound.check(person.session, person.contact, Series.FOLLOW_UP, settings, at=NIGHT)
    assert held == Held("hours", NOON.replace(hour=1) + timedelta(days=1))  # 8:00 in Phnom Penh
    early = NOON.replace(hour=22)  # 5:00 on the next day
    held = outbound.check(person.session, person.contact, Series.FOLLOW_UP, settings, at=early)
    assert held == Held("hours", NOON.replace(hour=1) + timedelta(days=1))


def test_a_persons_own_quiet_hours_count_too(person: Someone, settings: Settings) -> None:
    person.agree(consent.CONTACT_LATER)
    person.contact.quiet_from, person.contact.quiet_until = 11, 14
    held = outbound.check(person.session, person.contact, Series.FOLLOW_UP, settings)
    assert reason(held) == "hours" and held and held.again_at


def test_never_to_who_ended_messages_or_is_not_safe(person: Someone, settings: Settings) -> None:
    person.agree(consent.CONTACT_LATER)
    person.contact.safe_to_text = False
    assert send(person, settings) == Held("not_safe")
    person.contact.safe_to_text = None
    person.contact.stopped_at = NOON
    assert send(person, settings) == Held("stopped")


def test_never_into_a_conversation_that_a_human_has(person: Someone, settings: Settings) -> None:
    person.agree(consent.CONTACT_LATER)
    for state in (State.WAITING, State.WITH_OPERATOR):
        person.conversation.state = state
        assert (
            reason(outbound.check(person.session, person.contact, Series.JOB_ALERT, settings))
            == "with_a_person"
        )


def test_one_a_day_to_one_person(person: Someone, settings: Settings) -> None:
    person.agree(consent.CONTACT_LATER)
    assert isinstance(send(person, settings), Message)
    assert (
        reason(outbound.check(person.session, person.contact, Series.JOB_ALERT, settings)) == "person_limit"
    )
    tomorrow = NOON + timedelta(days=1)
    assert outbound.check(person.session, person.contact, Series.JOB_ALERT, settings, at=tomorrow) is None


def test_the_day_has_a_limit_for_all(
    person: Someone, new_person: Callable[[str], Someone], settings: Settings
) -> None:
    limited = settings.__class__(**{**vars(settings), "outbound_per_day": 2})
    people = [person, new_person("+85510000002"), new_person("+85510000003")]
    for one in people:
        one.agree(consent.CONTACT_LATER)
    sent = [send(one, limited) for one in people]
    assert [isinstance(one, Message) for one in sent] == [True, True, False]
    assert isinstance(sent[2], Held) and sent[2].reason == "day_limit"


def test_every_message_lets_its_series_be_ended_and_the_others_go_on(
    person: Someone, settings: Settings
) -> None:
    person.agree(consent.CONTACT_LATER)
    sent = send(person, settings)
    assert isinstance(sent, Message) and "No more of these" in sent.body
    payloads = [option["payload"] for option in person.conversation.options or []]
    assert "!end_series:job_alert" in payloads
    outbound.end_series(person.session, person.contact, Series.JOB_ALERT)
    tomorrow = NOON + timedelta(days=1)
    ask = {"session": person.session, "contact": person.contact, "settings": settings, "at": tomorrow}
    assert outbound.check(series=Series.JOB_ALERT, **ask) == Held("series_off")  # type: ignore[arg-type]
    assert outbound.check(series=Series.FOLLOW_UP, **ask) is None  # type: ignore[arg-type]


def test_a_spent_month_stops_what_we_begin_by_sms_and_alarms_managers_once(
    person: Someone, new_person: Callable[..., Someone], settings: Settings
) -> None:
    operators.add(
        person.session, "boss", operators.Role.SUPERVISOR, language="en", pager=(Channel.SMS, "+85510999999")
    )
    limited = settings.__class__(**{**vars(settings), "sms_price": 0.5, "spend_limit": 1.0})
    person.agree(consent.CONTACT_LATER)
    first = send(person, limited)
    assert isinstance(first, Message)
    first.segments = 2
    other = new_person("+85510000002")
    other.agree(consent.CONTACT_LATER)
    held = send(other, limited)
    assert isinstance(held, Held) and held.reason == "spend_limit"
    assert held.again_at and (held.again_at + timedelta(hours=7)).day == 1
    chat = new_person("700000001", Channel.TELEGRAM)
    chat.agree(consent.CONTACT_LATER)
    assert isinstance(send(chat, limited), Message)  # Telegram costs nothing
    assert outbound.watch_spending(person.session, limited) == 100
    assert outbound.watch_spending(person.session, limited) is None
    pages = person.session.scalars(select(Message).where(Message.kind == "page")).all()
    assert [page.address for page in pages] == ["+85510999999"] and "100%" in pages[0].body


def test_without_a_limit_nothing_is_alarmed(person: Someone, settings: Settings) -> None:
    assert outbound.watch_spending(person.session, settings) is None
