"""The bot refers, and tells of new jobs, only after a yes in words that name everything; the real brain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot import consent
from bot.database import Database
from bot.facts import today
from bot.jobs import alerts
from bot.models import Consent, ConsentText, JobAlert, Message, Referral
from bot.settings import Settings
from tests.conftest import Phone
from tests.directory.test_directory import keep as keep_service
from tests.jobs.test_jobs import keep as keep_listing

pytestmark = pytest.mark.brain


@pytest.fixture
def database_url(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Messages that we begin may go at any hour here."""
    return replace(settings, outbound_hours=(0, 24))


def payload(message: Message | None, start: str) -> str:
    assert message is not None
    return next(o["payload"] for o in message.options or [] if o["payload"].startswith(start))


def asked_for_alert(database: Database, telegram: Phone) -> Message | None:
    """The question whether to write of new jobs, after somebody looked for one."""
    telegram.write("I am looking for sewing work in Takeo")
    with database.reading() as session:
        last = session.query(Message).filter_by(direction="out").order_by(Message.id.desc()).first()
    return telegram.send(payload=payload(last, "!job_alert:"), kind="button")


def partner_takes_people(database: Database) -> None:
    with database.transaction() as session:
        keep_service(
            session,
            key="a-school",
            kind="job_centre",
            needs="work|training",
            referral_method="sms",
            referral_address="012 999 888",
        )


def test_a_referral_goes_out_only_after_a_yes_that_names_partner_and_fields(
    database: Database, telegram: Phone
) -> None:
    partner_takes_people(database)
    telegram.write("hello, good morning to you")
    telegram.write(payload="/job_training", kind="button")
    near = telegram.send("Takeo")
    asked = telegram.send(payload=payload(near, "!refer:"), kind="button")
    assert asked is not None
    for words in ("Sewing school", "your province", "what you need", "your language"):
        assert words in asked.body
    with database.reading() as session:
        assert session.query(Referral).count() == 0
    assert "Sent." in telegram.write("yes")
    with database.reading() as session:
        referral = session.query(Referral).one()
        agreed = session.get_one(Consent, referral.consent_id)
        shown = session.get_one(ConsentText, agreed.text_version)
        assert shown.text in asked.body
        assert (agreed.purpose, agreed.partner) == (consent.SHARE, "a-school")
        assert set(referral.shared) == {"province", "need", "language"}


def test_a_no_shares_nothing_and_isnt_asked_again(database: Database, telegram: Phone) -> None:
    partner_takes_people(database)
    telegram.write("hello, good morning to you")
    telegram.write(payload="/job_training", kind="button")
    near = telegram.send("Takeo")
    offered = payload(near, "!refer:")
    asked = telegram.send(payload=offered, kind="button")
    no = next(o["payload"] for o in asked.options or [] if ":no:" in o["payload"])  # type: ignore[union-attr]
    assert "nothing was passed on" in telegram.write(payload=no, kind="button")
    assert "A person here" in telegram.write(payload=offered, kind="button")
    with database.reading() as session:
        assert session.query(Referral).count() == 0


def test_a_forged_yes_is_asked_first(database: Database, telegram: Phone) -> None:
    partner_takes_people(database)
    telegram.write("hello")
    with database.reading() as session:
        from bot.models import Service

        number = session.scalars(select(Service.id).where(Service.key == "a-school")).one()
    forged = f"!refer:{number}:job_training:yes:{'0' * 16}"
    assert "May we give" in telegram.write(payload=forged, kind="button")
    with database.reading() as session:
        assert session.query(Referral).count() == 0


def test_a_new_job_is_told_once_to_whom_it_fits_and_who_agreed(
    database: Database, telegram: Phone, settings: Settings
) -> None:
    asked = asked_for_alert(database, telegram)
    assert asked is not None
    assert "Sewing" in asked.body
    assert "Takeo" in asked.body
    with database.transaction() as session:
        assert session.query(JobAlert).count() == 0
    assert "we text you" in telegram.write("yes")
    with database.transaction() as session:
        keep_listing(session, reference="new")
        keep_listing(session, reference="elsewhere", province="17")
        assert alerts.send_due(session, settings) == 1
        assert alerts.send_due(session, settings) == 0
        told = session.query(Message).filter_by(series="job_alert").one()
        assert "Mekong Garment" in told.body


def test_an_alert_may_be_for_the_provinces_next_door_too_and_says_so(
    database: Database, telegram: Phone, settings: Settings
) -> None:
    asked = asked_for_alert(database, telegram)
    near = next(o["payload"] for o in (asked.options if asked else None) or [] if ":near:" in o["payload"])
    assert "we text you" in telegram.write(payload=near, kind="button")
    with database.transaction() as session:
        assert session.query(JobAlert).one().near
        keep_listing(session, reference="next-door", province="07")
        keep_listing(session, reference="far", province="16")
        assert alerts.send_due(session, settings) == 1
        told = session.query(Message).filter_by(series="job_alert").one()
        assert told.body.startswith("Next to Takeo:") and "Kampot" in told.body
    with database.transaction() as session:
        keep_listing(session, reference="second", province="21")
        keep_listing(session, reference="third", province="07", closes_on=today().isoformat())
        limited = replace(settings, outbound_per_person=2)
        assert alerts.send_due(session, limited) == 1  # the limit of the day leaves room for one more
        newest = session.query(Message).filter_by(series="job_alert").order_by(Message.id.desc()).first()
        assert newest is not None and "Next to" not in newest.body
