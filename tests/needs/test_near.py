"""An answer about a need names the nearest confirmed service, asks for the place first, and is honest."""

from __future__ import annotations

import pytest

from bot.database import Database
from tests.conftest import Phone
from tests.directory.test_directory import keep

pytestmark = pytest.mark.brain


@pytest.fixture
def database_url(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/test.db"


def services(database: Database) -> None:
    with database.transaction() as session:
        keep(
            session,
            key="school-help",
            kind="ngo",
            needs="school",
            name_en="School fund",
            name_km="មូលនិធិសាលា",
            name_km_Latn="School fund",
            provinces="07",
            phone="012 111 222",
        )
        keep(
            session,
            key="unconfirmed",
            kind="ngo",
            needs="school",
            provinces="21",
            published="no",
            name_en="Unknown fund",
        )


def whole(phone: Phone, first: str) -> str:
    """The reply with all that MORE tells."""
    told, words = first, first
    for _more in range(4):
        if not any(more in words for more in ("More", "អានបន្ត", "an bontor", "An bontor")):
            break
        words = phone.write("more")
        told += words
    return told


@pytest.mark.parametrize(
    ("greeting", "place"),
    [
        ("hello there my friend", "takeo"),
        ("សួស្តី ខ្ញុំទើបមកវិញ", "នៅតាកែវ"),
        ("suosdei bong knhom sok sabay", "nov takeo"),
    ],
)
def test_the_place_is_asked_then_the_nearest_service_is_named(
    database: Database, phone: Phone, greeting: str, place: str
) -> None:
    services(database)
    phone.write(greeting)
    assert "012 111 222" not in phone.write(payload="/need_school", kind="button")
    reply = phone.send(place)
    assert reply is not None and reply.segments <= 3
    told = whole(phone, reply.body)
    assert "012 111 222" in told and "11/2026" in told and "Unknown fund" not in told


def test_a_place_in_the_question_is_enough(database: Database, phone: Phone) -> None:
    with database.transaction() as session:
        keep(session, key="debt-desk", kind="ngo", needs="debt", name_en="Debt desk", phone="012 111 222")
    first = phone.send("i owe money to the microfinance and can not pay back in takeo province")
    assert first is not None and first.segments <= 3
    assert "012 111 222" in whole(phone, first.body)


def test_where_nothing_is_confirmed_it_says_so(database: Database, telegram: Phone) -> None:
    telegram.write("my children need to go to school, how do i enrol them")
    assert "no confirmed office near Takeo" in telegram.write("takeo")


def test_what_the_answer_named_is_not_told_twice(database: Database, telegram: Phone) -> None:
    answer = telegram.write("i owe money to the microfinance and can not pay back in takeo province")
    assert answer.count("1281") == 1 and "no other confirmed place near Takeo" in answer


def test_who_told_where_they_live_is_not_asked_again(database: Database, telegram: Phone) -> None:
    services(database)
    telegram.write("hello there my friend")
    telegram.write("", kind="button", payload="!interview:on")
    telegram.write("1")
    telegram.write("takeo")
    for _question in range(4):
        telegram.write("", kind="button", payload="/deny")
    telegram.write("yes")
    telegram.write("no")
    reply = telegram.write("my children need to go to school, how do i enrol them")
    assert "012 111 222" in reply and "Which province" not in reply
    telegram.write("I moved to Battambang")
    assert "012 111 222" not in telegram.write("my children need to go to school, how do i enrol them")


def test_the_service_can_be_chosen_once_the_questions_are_over(database: Database, telegram: Phone) -> None:
    services(database)
    with database.transaction() as session:
        keep(
            session,
            key="here",
            kind="ngo",
            needs="school",
            provinces="21",
            name_en="Takeo school desk",
            referral_method="sms",
            referral_address="012 999 888",
        )
    telegram.write("my children need to go to school, how do i enrol them in takeo")
    last = telegram.send("no")
    assert last is not None
    chosen = [o["payload"] for o in last.options or []]
    assert any(p.startswith("!refer:") for p in chosen)
    another = next(p for p in chosen if p.startswith("!services:"))
    assert "School fund" in telegram.write(payload=another, kind="button")
