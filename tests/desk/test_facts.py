"""Changing facts: at once, with a source, by two people where it weighs, and never past its review."""

from __future__ import annotations

import csv
import io
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot import facts, overrides
from bot.answers import answer
from bot.commands import phlov
from bot.database import Database
from bot.fact_desk import calls, checks, conflicts, edits, exchange, uses
from bot.fact_desk.edits import EditRefused
from bot.models import EditState, Form, Operator
from bot.segments import MOST_SEGMENTS
from bot.settings import Settings
from bot.words import say
from tests.conftest import Phone

AHEAD = (facts.today() + timedelta(days=90)).isoformat()
CHECKED = {"checked_on": facts.today().isoformat(), "checked_by": "call to the office", "review_due": AHEAD}
SOURCE = {"source": "gdi.example, notice 12", "source_date": "2026-11-20", **CHECKED}


def change(
    database: Database,
    who: Operator | None,
    fact_id: str,
    values: dict[str, Any] | None = None,
    **fields: Any,
) -> edits.FactEdit:
    with database.transaction() as session:
        content = {**SOURCE, **fields}
        if values is not None:
            content["values"] = {**facts.fact(fact_id).values, **values}
        return edits.propose(session, who, fact_id, content, "a newer notice")


def approve(database: Database, who: Operator, edit_id: int) -> None:
    with database.transaction() as session:
        edits.approve(session, who, edit_id)


def told(database: Database, topic: str, form: Form = Form.ENGLISH, on: date | None = None) -> str:
    with database.reading():
        return " ".join(answer(topic, form, on=on))


def test_a_change_is_told_at_once_in_every_form(database: Database, sophea: Operator) -> None:
    assert "30" in told(database, "doc_birth_certificate")
    edit = change(database, sophea, "birth-30-days", {"days": 45})
    assert edit.state == EditState.IN_FORCE
    for form in Form:
        assert "45" in told(database, "doc_birth_certificate", form)


def test_another_process_tells_it_at_its_next_turn(
    database: Database, settings: Settings, sophea: Operator
) -> None:
    """What a process knew is dropped when, and only when, something changed: here a thread in its own
    connection stands for it, and looks before and after."""
    before, after = threading.Event(), threading.Event()
    seen = []

    def other() -> None:
        seen.append(told(database, "doc_birth_certificate"))
        before.set()
        after.wait(10)
        seen.append(told(database, "doc_birth_certificate"))

    thread = threading.Thread(target=other)
    thread.start()
    assert before.wait(10)
    change(database, sophea, "birth-30-days", {"days": 45})
    after.set()
    thread.join()
    assert "45" not in seen[0] and "45" in seen[1]


def test_a_turn_under_way_keeps_the_facts_it_began_with(database: Database, sophea: Operator) -> None:
    if database.is_sqlite:
        with database.reading():
            before = facts.fact("birth-30-days")
            writer = threading.Thread(target=change, args=(database, sophea, "birth-30-days", {"days": 45}))
            writer.start()
            writer.join()
            assert facts.fact("birth-30-days") == before
    with database.reading():
        facts.fact("birth-30-days")


def test_a_change_that_was_rolled_back_is_never_told(database: Database, sophea: Operator) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        content = {**SOURCE, "values": {"days": 45}}
        edits.propose(session, sophea, "birth-30-days", content, "a newer notice")
        assert facts.value("birth-30-days.days") == 45
        raise RuntimeError
    assert "45" not in told(database, "doc_birth_certificate")


@pytest.mark.parametrize(
    ("fact_id", "values"),
    [("job-1297", {"phone": "1298"}), ("passport-fees", {"usd_slow": 90}), ("id-free", {"riel": 10_000})],
)
def test_a_number_or_fee_changes_only_with_a_second_person(
    database: Database, sophea: Operator, rithy: Operator, fact_id: str, values: dict[str, Any]
) -> None:
    name, new = next(iter(values.items()))
    old = facts.value(f"{fact_id}.{name}")
    edit = change(database, sophea, fact_id, values)
    assert edit.state == EditState.PROPOSED
    with database.reading():
        assert facts.value(f"{fact_id}.{name}") == old
    with pytest.raises(EditRefused, match="own_edit"):
        approve(database, sophea, edit.id)
    approve(database, rithy, edit.id)
    with database.reading() as session:
        assert facts.value(f"{fact_id}.{name}") == new
        assert [e.state for e in edits.history(session, fact_id)] == [EditState.IN_FORCE]


def test_confirming_a_number_needs_a_second_person_too(database: Database, sophea: Operator) -> None:
    assert change(database, sophea, "svc-fire-118", confidence="verified").state == EditState.PROPOSED
    assert change(database, sophea, "svc-tpo", publish=True).state == EditState.PROPOSED


def test_taking_a_number_back_needs_nobody_else(database: Database, sophea: Operator) -> None:
    edit = change(database, sophea, "job-1297", publish=False)
    assert edit.state == EditState.IN_FORCE
    assert "1297" not in told(database, "job_find")


def test_an_emergency_number_can_be_corrected_but_not_taken_away(
    database: Database, sophea: Operator
) -> None:
    with pytest.raises(EditRefused, match="emergency_must_stand"):
        change(database, sophea, "svc-police-117", publish=False)
    assert change(database, sophea, "svc-police-117", {"phone": "112"}).state == EditState.PROPOSED


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"source": " "}, "source_missing"),
        ({"source_date": ""}, "source_date_missing"),
        ({"checked_by": ""}, "checked_by_missing"),
        ({"review_due": facts.today().isoformat()}, "review_not_ahead"),
        ({"review_due": "soon"}, "dates_unreadable"),
        ({"checked_on": "2999-01-01", "review_due": "2999-02-01"}, "checked_in_future"),
        ({"confidence": "sure"}, "confidence_unknown"),
        ({"values": {}}, "values_differ"),
        ({"values": {"days": "many"}}, "value_unfit"),
        ({"values": {"days": -1}}, "value_unfit"),
        ({"values": {"days": True}}, "value_unfit"),
    ],
)
def test_what_is_no_fact_is_refused_with_its_reason(
    database: Database, sophea: Operator, fields: dict[str, Any], problem: str
) -> None:
    with database.transaction() as session, pytest.raises(EditRefused) as refused:
        edits.propose(session, sophea, "birth-30-days", {**SOURCE, **fields}, "because")
    assert problem in refused.value.problems


def test_of_two_who_edit_the_same_version_the_second_is_told(
    database: Database, sophea: Operator, rithy: Operator
) -> None:
    with database.reading():
        seen = edits.version(facts.fact("birth-30-days"))
    change(database, sophea, "birth-30-days", {"days": 45})
    with database.transaction() as session, pytest.raises(EditRefused, match="changed_meanwhile"):
        content = {**SOURCE, "values": {"days": 60}}
        edits.propose(session, rithy, "birth-30-days", content, "another", based_on=seen)


def test_an_approval_of_what_has_moved_on_is_refused(
    database: Database, sophea: Operator, rithy: Operator
) -> None:
    waiting = change(database, sophea, "passport-fees", {"usd_slow": 90})
    change(database, sophea, "id-free", notes="x")  # another fact doesn't matter
    with database.transaction() as session:
        edits.propose(session, None, "passport-fees", {**SOURCE, "publish": False}, "wrong")
    with pytest.raises(EditRefused, match="not_proposed"):
        approve(database, rithy, waiting.id)


def test_a_rejected_edit_changes_nothing_and_stays_in_the_history(
    database: Database, sophea: Operator, rithy: Operator
) -> None:
    edit = change(database, sophea, "job-1297", {"phone": "1298"})
    with database.transaction() as session:
        edits.reject(session, rithy, edit.id)
    with database.reading() as session:
        assert facts.value("job-1297.phone") == "1297"
        assert [e.state for e in edits.history(session, "job-1297")] == [EditState.REJECTED]
        assert edits.proposed(session) == []


@pytest.mark.parametrize("form", Form)
def test_an_expired_facts_reply_says_that_it_must_be_confirmed(
    phone: Phone, database: Database, sophea: Operator, form: Form
) -> None:
    """Read as the person reads it, through real turns, while the other facts of the reply stand."""
    phone.send(payload=f"!language:{form}", kind="button")
    assert "100" in whole_answer(phone, "doc_passport")
    change(database, sophea, "passport-fees", confidence="single-source")
    reply = whole_answer(phone, "doc_passport")
    assert "100" not in reply and "150" not in reply
    assert say("doc_passport_cost_unsure", form) in reply and say("doc_passport_where", form) in reply


def whole_answer(phone: Phone, topic: str) -> str:
    """The answer on a topic with all its MORE, as one text."""
    answers = [phone.write(payload=f"/{topic}", kind="button")]
    while any(say("option_more", form) in answers[-1] for form in Form):
        answers.append(phone.write("more"))
    return " ".join(answers)


def test_every_reply_of_a_fact_is_shown_as_it_is_sent(database: Database, sophea: Operator) -> None:
    with database.reading() as session:
        found = uses.uses(session, "job-1297")
        assert {use.name for use in found if use.kind == "topic"} >= {"job_find", "job_business"}
        job_find = uses.Use("topic", "job_find")
        for form in Form:
            messages = uses.sent(session, job_find, form)
            assert any("1297" in message.text for message in messages)
            assert all(1 <= message.segments <= MOST_SEGMENTS for message in messages)
        unsure = {**facts.fact("job-1297").as_content(), "confidence": "single-source"}
        with overrides.trying(facts={"job-1297": unsure}):
            late = " ".join(message.text for message in uses.sent(session, job_find, Form.ENGLISH))
        assert "1297" not in late
    assert "1297" in told(database, "job_find")


def test_notices_and_places_that_rest_on_a_fact_are_shown_too(database: Database) -> None:
    with database.reading() as session:
        assert uses.Use("notice", "emergency") in uses.uses(session, "svc-police-117")
        battambang = uses.Use("service", "passport-battambang")
        assert battambang in uses.uses(session, "passport-where")
        assert "Battambang" in uses.sent(session, battambang, Form.ENGLISH)[0].text


def test_conflicts_are_listed_from_sources_other_facts_calls_and_newer_files(
    database: Database, sophea: Operator, rithy: Operator
) -> None:
    with database.reading() as session:
        assert {c.fact_id for c in conflicts.conflicts(session)} == {
            "id-when-renew", "book-who", "svc-health-115", "svc-tpo", "svc-sexual-health",
        }  # fmt: skip
    approve(database, rithy, change(database, sophea, "job-1297", {"phone": "1298"}).id)
    with database.transaction() as session:
        calls.note(session, sophea, "svc-bakc-1281", "1281", datetime.now(UTC), "smart", "out_of_service")
        edit = change_in(session, sophea, "birth-30-days", {"days": 45})
        edit.shipped = "an older release"
    with database.reading() as session:
        found = {(c.kind, c.fact_id) for c in conflicts.conflicts(session)}
    assert {("other_fact", "job-1297"), ("other_fact", "tvet-register")} <= found
    assert ("test_call", "svc-bakc-1281") in found and ("newer_file", "birth-30-days") in found


def change_in(session: Any, who: Operator, fact_id: str, values: dict[str, Any]) -> edits.FactEdit:
    return edits.propose(session, who, fact_id, {**SOURCE, "values": values}, "a newer notice")


def test_a_test_call_is_kept_with_who_when_and_what_was_found(database: Database, sophea: Operator) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    with database.transaction() as session:
        calls.note(
            session, sophea, "svc-tpo", "023 636 6991", at, "metfone", "answered",
            hours="8-17, not on Sunday", is_free=False, speaks_khmer=True, words="a counsellor",
        )  # fmt: skip
    with database.reading() as session:
        kept = calls.of(session, "svc-tpo")[0]
    assert (kept.operator_id, kept.at, kept.outcome, kept.hours) == (
        sophea.id, at, "answered", "8-17, not on Sunday",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "hours_ahead", "network", "problem"),
    [
        ("999", 0, "smart", "not_its_number"),
        ("1297", 2, "smart", "in_future"),
        ("1297", 0, "?", "incomplete"),
    ],
)
def test_a_call_that_cannot_have_been_is_refused(
    database: Database, sophea: Operator, number: str, hours_ahead: int, network: str, problem: str
) -> None:
    at = datetime.now(UTC) + timedelta(hours=hours_ahead)
    with database.transaction() as session, pytest.raises(calls.CallRefused) as refused:
        calls.note(session, sophea, "job-1297", number, at, network, "answered")
    assert refused.value.problem == problem


def test_partners_get_what_is_published_and_no_note_of_ours(database: Database, sophea: Operator) -> None:
    change(database, sophea, "birth-30-days", statement_en="=HYPERLINK(1)", notes="ask Mr X")
    with database.reading():
        rows = list(csv.DictReader(io.StringIO(exchange.for_partners())))
    ids = {row["id"] for row in rows}
    assert "job-1297" in ids and "svc-tpo" not in ids
    assert ids == {fact.id for fact in facts.facts().values() if fact.publish}
    changed = next(row for row in rows if row["id"] == "birth-30-days")
    assert changed["statement"] == "'=HYPERLINK(1)" and "Mr X" not in str(rows)


@given(st.text(max_size=30))
def test_no_cell_for_partners_begins_like_a_formula(text: str) -> None:
    assert not exchange._safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_changes_go_out_and_come_back_as_they_were(
    database: Database, settings: Settings, sophea: Operator
) -> None:
    change(database, sophea, "birth-30-days", {"days": 45})
    with database.reading():
        out = exchange.changed()
    assert [entry["id"] for entry in yaml.safe_load(out)["facts"]] == ["birth-30-days"]
    change(database, sophea, "birth-30-days", {"days": 60})
    with database.transaction() as session:
        back = exchange.read_in(session, out, "back")
    assert [edit.state for edit in back] == [EditState.IN_FORCE]
    assert "45" in told(database, "doc_birth_certificate")
    with database.transaction() as session:
        assert exchange.read_in(session, out, "again") == []


@pytest.mark.parametrize(
    "text", ["", "facts: 3", "facts: [{id: nobody}]", "{", "facts: [{id: job-1297, values: 3}]"]
)
def test_a_file_that_cannot_be_read_changes_nothing(database: Database, text: str) -> None:
    with pytest.raises((exchange.UnreadableFile, EditRefused)), database.transaction() as session:
        exchange.read_in(session, text, "in")


def test_the_shipped_facts_pass_the_check() -> None:
    with overrides.shipped_alone():
        assert checks.problems() == []


@pytest.mark.parametrize(
    ("fact_id", "content", "problem"),
    [
        ("job-1297", {"source": ""}, "job-1297: no source or no date"),
        ("job-1297", {"values": {}}, "has no value phone"),
        ("svc-police-117", {"confidence": "single-source"}, "an emergency number that may not be told"),
        ("job-1297", {"review_due": "2020-01-01"}, "the review is due before the check"),
    ],
)
def test_the_check_finds_what_a_reply_must_not_rest_on(
    fact_id: str, content: dict[str, Any], problem: str
) -> None:
    with overrides.trying(facts={fact_id: {**facts.fact(fact_id).as_content(), **content}}):
        assert any(problem in found for found in checks.problems())


def test_the_check_finds_a_number_written_into_a_sentence() -> None:
    with overrides.trying(words={("doc_national_id_papers", Form.KHMER): "ទូរស័ព្ទ ១២៩៧"}):
        assert any("a number of its own" in found for found in checks.problems())


def test_the_command_lists_what_is_due_and_changed(
    database: Database,
    settings: Settings,
    sophea: Operator,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**environment, "DATABASE_URL": settings.database_url}.items():
        monkeypatch.setenv(name, value)
    change(database, sophea, "birth-30-days", {"days": 45})
    run = CliRunner()
    assert "birth-30-days" in run.invoke(phlov, ["facts", "due", "--within", "91"]).output
    assert "birth-30-days" not in run.invoke(phlov, ["facts", "due", "--within", "89"]).output
    assert "days: 45" in run.invoke(phlov, ["facts", "export", "--changes"]).output
    assert run.invoke(phlov, ["facts", "check"]).exit_code == 0
