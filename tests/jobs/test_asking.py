"""Asking for work by text: listings told, the next by number, and warnings, with the real brain."""

from __future__ import annotations

import pytest

from bot.database import Database
from tests.conftest import Phone
from tests.jobs.test_jobs import keep

pytestmark = pytest.mark.brain


@pytest.fixture
def database_url(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/test.db"


def listings(database: Database) -> None:
    with database.transaction() as session:
        keep(session, reference="takeo-1")
        keep(
            session,
            reference="takeo-2",
            employer_latin="Bassac Sewing",
            employer_km="បាសាក់",
            phone="011 222 333",
        )
        keep(session, reference="bb", province="02", trade="construction", employer_km="សំណង់ថ្មី")
        keep(session, reference="bb-2", province="02", trade="farming")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I am looking for sewing work in Takeo", "Mekong Garment"),
        ("ខ្ញុំចង់រកការងារសំណង់ នៅបាត់ដំបង", "សំណង់ថ្មី"),
        ("nhom jong rok kar ngear kat der nov takeo", "Mekong Garment"),
    ],
)
def test_a_fitting_job_is_told_in_the_persons_form(
    database: Database, phone: Phone, text: str, told: str
) -> None:
    listings(database)
    assert told in phone.write(text)


def test_the_next_job_comes_by_number(database: Database, phone: Phone) -> None:
    listings(database)
    first = phone.send("I am looking for sewing work in Takeo")
    assert first is not None
    assert first.segments <= 3
    assert "1 Next one" in first.body
    assert "Bassac Sewing" in phone.write("1")


def test_an_offer_with_a_sign_of_fraud_is_warned_of(database: Database, telegram: Phone) -> None:
    reply = telegram.write("I found a job in a factory, but I must pay 100 dollars first. is it good?")
    assert "ask for money first" in reply
    assert "1297" in reply


def test_the_nearest_office_and_another_place_by_number(database: Database, telegram: Phone) -> None:
    telegram.write("how can i get a passport")
    first = telegram.send("Battambang")
    assert first is not None
    assert "Battambang town" in first.body
    places = [o["payload"] for o in first.options or [] if o["payload"].startswith("!services:")]
    assert places
    assert "Poipet" in telegram.write(payload=places[0], kind="button")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I am looking for sewing work in Kampot", "None known in Kampot itself yet."),
        ("ខ្ញុំចង់រកការងារកាត់ដេរ នៅកំពត", "នៅ កំពត មិនទាន់មានទេ។"),
        ("nhom jong rok kar ngear kat der nov kampot", "Nov Kampot min toan mean te."),
    ],
)
def test_a_job_next_door_is_told_as_such(database: Database, phone: Phone, text: str, said: str) -> None:
    listings(database)
    reply = phone.send(text)
    assert reply is not None and said in reply.body and reply.segments <= 3
