"""The facts and words desks as managers use them: two people, previews, and nothing for whoever may not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from bot import facts
from bot.answers import answer
from bot.database import Database
from bot.models import Form, Operator, Role
from bot.words import say
from tests.console.conftest import Desk

FILLED = {
    "statement_en": "Call 1297.",
    "source": "ministry.example, notice 3",
    "source_date": "2026-11-20",
    "checked_on": facts.today().isoformat(),
    "checked_by": "test call",
    "review_due": (facts.today() + timedelta(days=90)).isoformat(),
    "confidence": "verified",
    "publish": "yes",
    "reason": "a newer notice",
}


def manager(app: Flask, database: Database, name: str, role: Role = Role.MANAGER) -> Desk:
    desk = Desk(app, database, name)
    with database.transaction() as session:
        session.get_one(Operator, desk.operator_id).role = role
    return desk.sign_in()


@pytest.fixture
def sophea(app: Flask, database: Database) -> Desk:
    return manager(app, database, "sophea")


@pytest.fixture
def rithy(app: Flask, database: Database) -> Desk:
    return manager(app, database, "rithy")


def save(desk: Desk, fact_id: str, **fields: str) -> str:
    """Fills in the edit page and saves; the page that follows."""
    page = f"/facts/{fact_id}/edit"
    seen = re.search(r'name="based_on" value="(\w+)"', desk.get(page).text)
    assert seen
    answered = desk.post(page, page, do="save", **{**FILLED, "based_on": seen[1], **fields})
    return answered.text if answered.status_code == 200 else desk.get(f"/facts/{fact_id}").text


@pytest.mark.parametrize("view", ["all", "due", "unconfirmed", "conflicting", "waiting", "unpublished", "?"])
def test_every_view_of_the_facts_opens_and_can_be_searched(sophea: Desk, view: str) -> None:
    assert "<h1>Facts</h1>" in sophea.get(f"/facts?show={view}&q=1297").text


def test_conflicting_and_unconfirmed_facts_are_listed_as_such(sophea: Desk) -> None:
    page = sophea.get("/facts?show=conflicting").text
    assert "svc-tpo" in page and "Sources disagree" in page and "svc-police-117" not in page
    assert "svc-fire-118" in sophea.get("/facts?show=unconfirmed").text


def test_a_number_is_changed_by_one_and_approved_by_another(
    sophea: Desk, rithy: Desk, database: Database
) -> None:
    assert "Another manager must approve" in save(sophea, "job-1297", **{"value.phone": "1298"})
    page = sophea.get("/facts/job-1297").text
    assert "/approve" not in page and "somebody else must approve it" in page
    sophea.post("/fact-edits/1/approve", "/facts/job-1297")
    with database.reading():
        assert facts.value("job-1297.phone") == "1297"
    assert "job-1297" in rithy.get("/facts?show=waiting").text
    rithy.post("/fact-edits/1/approve", "/facts/job-1297")
    with database.reading():
        assert "1298" in " ".join(answer("job_find", Form.ENGLISH))
    history = rithy.get("/facts/job-1297").text
    assert "decided by rithy" in history and "a newer notice" in history


def test_a_preview_shows_the_replies_and_changes_nothing(sophea: Desk, database: Database) -> None:
    page = "/facts/birth-30-days/edit"
    shown = sophea.post(page, page, do="preview", **{**FILLED, "value.days": "45"}).text
    assert shown.count("SMS segment") >= 3 and "45" in shown
    with database.reading():
        assert facts.value("birth-30-days.days") == 30


def test_an_edit_without_a_source_says_so_and_keeps_what_was_written(sophea: Desk) -> None:
    page = save(sophea, "birth-30-days", source="", **{"value.days": "45"})
    assert "Say where this comes from." in page and 'value="45"' in page


def test_the_replies_are_shown_as_they_read_once_overdue(sophea: Desk) -> None:
    def replies(address: str) -> str:
        return sophea.get(address).text.split("once its review is overdue")[1].split(">History<")[0]

    assert "150" in replies("/facts/passport-fees")
    assert "150" not in replies("/facts/passport-fees?as=overdue")


def test_a_test_call_is_noted_and_shown_with_who_made_it(sophea: Desk) -> None:
    page = "/facts/svc-tpo"
    call = {"number": "023 636 6991", "at": "2026-11-20T09:30", "network": "smart", "outcome": "answered"}
    sophea.post(f"{page}/calls", page, hours="8-17", is_free="no", speaks_khmer="yes", **call)
    shown = sophea.get(page).text
    assert "09:30" in shown and "sophea" in shown and "8-17" in shown
    sophea.post(f"{page}/calls", page, **{**call, "at": "tomorrow"})
    assert "give the time" in sophea.get(page).text


def test_partners_get_a_table_without_what_is_not_published(sophea: Desk) -> None:
    answered = sophea.get("/facts.csv")
    assert answered.mimetype == "text/csv" and "job-1297" in answered.text and "svc-tpo" not in answered.text


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_who_may_only_read_facts_changes_none(app: Flask, database: Database, role: Role) -> None:
    desk = manager(app, database, "reader", role)
    assert desk.get("/facts/job-1297").status_code == 200
    assert "Change or confirm" not in desk.get("/facts/job-1297").text
    assert desk.get("/facts/job-1297/edit").status_code == 403
    assert desk.get("/words").status_code == 403


@pytest.mark.parametrize("path", ["/facts/nothing", "/facts/nothing/edit", "/words/nothing"])
def test_what_is_not_there_is_not_found(sophea: Desk, path: str) -> None:
    assert sophea.get(path).status_code == 404


@pytest.mark.parametrize("view", ["all", "unreviewed", "changed", "long", "?"])
def test_every_view_of_the_words_opens(sophea: Desk, view: str) -> None:
    assert "<h1>Words</h1>" in sophea.get(f"/words?show={view}").text


def test_a_sentence_is_corrected_reviewed_and_said_at_once(sophea: Desk, database: Database) -> None:
    page = "/words/doc_passport_cost_unsure"
    words = {"words.km": "ថ្លៃត្រូវបញ្ជាក់សិន។", "words.en": "Ask for the price first."}
    sophea.post(page, page, **words, **{"reviewed.km": "yes"})
    shown = sophea.get(page).text
    assert "reviewed by sophea" in shown and "It is said like this from now on" in shown
    with database.reading():
        assert say("doc_passport_cost_unsure", Form.ENGLISH) == "Ask for the price first."
    assert "doc_passport_cost_unsure" in sophea.get("/words?show=changed").text


def test_words_that_cannot_be_said_are_explained_and_kept_on_the_page(
    sophea: Desk, database: Database
) -> None:
    page = "/words/answer_within"
    shown = sophea.post(page, page, **{"words.en": "In 5 minutes.", "words.km": "ឆាប់ៗ {minutes}"}).text
    assert "No digits" in shown and "In 5 minutes." in shown
    with database.reading():
        assert say("answer_within", Form.KHMER, {"minutes": 30}) != "ឆាប់ៗ 30"


def test_what_a_manager_writes_is_shown_and_never_run(sophea: Desk) -> None:
    hostile = "<script>alert(1)</script>"
    page = save(sophea, "birth-30-days", statement_en=hostile, notes=hostile, **{"value.days": "45"})
    assert "<script>alert" not in page


NEW = {**FILLED, "id": "svc-new-office", "topic": "offices", "statement_en": "It opens at eight."}


def test_a_fact_is_added_retired_and_brought_back(sophea: Desk) -> None:
    sophea.post("/facts/new", "/facts/new", **NEW, value_name="days", value="5")
    page = sophea.get("/facts/svc-new-office").text
    assert "It opens at eight." in page and "is told" in page and "<strong>5</strong>" in page
    sophea.post("/facts/svc-new-office/retire", "/facts/svc-new-office", do="retire", reason="closed")
    assert "svc-new-office" in sophea.get("/facts?show=retired").text
    assert "svc-new-office" not in sophea.get("/facts").text
    sophea.post("/facts/svc-new-office/retire", "/facts/svc-new-office", do="bring_back", reason="open")
    assert "svc-new-office" in sophea.get("/facts").text


def test_a_new_number_waits_for_another_manager(sophea: Desk, rithy: Desk, database: Database) -> None:
    sophea.post("/facts/new", "/facts/new", **NEW, value_name="phone", value="012 345 678")
    page = sophea.get("/facts/svc-new-office").text
    assert "A change waits for a second person" in page and "is not told as fact" in page
    assert "svc-new-office" in rithy.get("/facts?show=waiting").text
    rithy.post("/fact-edits/2/approve", "/facts/svc-new-office")
    with database.reading():
        assert facts.fact("svc-new-office").is_tellable(facts.today())


def test_a_new_fact_without_a_source_says_so_and_keeps_what_was_written(sophea: Desk) -> None:
    wrong = {**NEW, "source": "", "id": "Office"}
    page = sophea.post("/facts/new", "/facts/new", **wrong, value_name="days", value="5").text
    assert "Say where this comes from." in page and "small letters with a dash" in page
    assert "It opens at eight." in page and 'value="days"' in page
    assert sophea.get("/facts/Office").status_code == 404


def test_an_emergency_number_has_no_way_out_of_use(sophea: Desk) -> None:
    assert "/retire" not in sophea.get("/facts/svc-police-117").text
    assert "/retire" in sophea.get("/facts/job-1297").text
