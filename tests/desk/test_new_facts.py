"""Adding facts and taking them out of use: with a source, by two people where it weighs, never silently."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import yaml

from bot import facts
from bot.answers import answer
from bot.database import Database
from bot.fact_desk import additions, checks, conflicts, edits, exchange
from bot.fact_desk.edits import EditRefused
from bot.models import EditState, FactEdit, Form, Operator

FACT: dict[str, Any] = {
    "topic": "offices",
    "statement_en": "The new office is in Poipet.",
    "source": "ministry.example, notice 12",
    "source_date": "2026-11-20",
    "checked_on": facts.today().isoformat(),
    "checked_by": "visit",
    "review_due": (facts.today() + timedelta(days=90)).isoformat(),
    "confidence": "verified",
    "publish": True,
    "values": {"days": 5},
}


def add(database: Database, who: Operator, fact_id: str = "svc-new-office", **fields: Any) -> FactEdit:
    with database.transaction() as session:
        return additions.add(session, who, fact_id, {**FACT, **fields}, "it opened")


def test_a_new_fact_stands_at_once_with_its_source(database: Database, sophea: Operator) -> None:
    assert add(database, sophea).state == EditState.IN_FORCE
    with database.reading() as session:
        new = facts.fact("svc-new-office")
        assert new.is_tellable(facts.today()) and new.values == {"days": 5} and new.source
        assert "svc-new-office" in exchange.for_partners()
        assert [e.state for e in edits.history(session, "svc-new-office")] == [EditState.IN_FORCE]
        assert checks.problems(session) == [] and conflicts.conflicts(session)


@pytest.mark.parametrize(
    "fields",
    [
        {"values": {"phone": "012 345 678"}},
        {"values": {"usd": 20}},
        {"phone": "012 345 678"},
        {"statement_en": "It costs 20,000 riel."},
        {"statement_en": "Call the hotline 1290 at any hour."},
    ],
)
def test_a_number_or_fee_is_not_told_before_a_second_person_approved_it(
    database: Database, sophea: Operator, rithy: Operator, fields: dict[str, Any]
) -> None:
    edit = add(database, sophea, **fields)
    assert edit.state == EditState.PROPOSED
    with database.reading():
        assert not facts.fact("svc-new-office").is_tellable(facts.today())
        assert "svc-new-office" not in exchange.for_partners()
    with database.transaction() as session, pytest.raises(EditRefused, match="own_edit"):
        edits.approve(session, sophea, edit.id)
    with database.transaction() as session:
        edits.approve(session, rithy, edit.id)
    with database.reading():
        assert facts.fact("svc-new-office").is_tellable(facts.today())


@pytest.mark.parametrize(
    ("fact_id", "fields", "problem"),
    [
        ("svc-new-office", {"source": " "}, "source_missing"),
        ("svc-new-office", {"source_date": ""}, "source_date_missing"),
        ("svc-new-office", {"statement_en": ""}, "statement_en_missing"),
        ("svc-new-office", {"review_due": facts.today().isoformat()}, "review_not_ahead"),
        ("svc-new-office", {"review_due": facts.today().isoformat(), "publish": False}, "review_not_ahead"),
        ("svc-new-office", {"checked_on": "soon"}, "dates_unreadable"),
        ("svc-new-office", {"values": {"Days": 5}}, "value_name_unfit"),
        ("svc-new-office", {"values": 3}, "value_name_unfit"),
        ("svc-new-office", {"values": {"days": ""}}, "value_unfit"),
        ("svc-new-office", {"topic": "two words"}, "topic_unfit"),
        ("office", {}, "id_unfit"),
        ("../svc-x", {}, "id_unfit"),
        ("job-1297", {}, "id_taken"),
    ],
)
def test_what_is_no_fact_is_refused_with_its_reason(
    database: Database, sophea: Operator, fact_id: str, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(EditRefused) as refused:
        add(database, sophea, fact_id, **fields)
    assert problem in refused.value.problems
    with database.reading():
        assert facts.facts().keys() == facts.shipped().keys()


def test_a_retired_fact_is_told_nowhere_and_its_replies_say_that_it_must_be_confirmed(
    database: Database, sophea: Operator
) -> None:
    with database.transaction() as session:
        assert additions.retire(session, sophea, "birth-30-days", "the law changed").state == "in_force"
    with database.reading() as session:
        assert "30" not in " ".join(answer("doc_birth_certificate", Form.ENGLISH))
        rows = list(csv.DictReader(io.StringIO(exchange.for_partners())))
        assert "birth-30-days" not in {row["id"] for row in rows}
        assert checks.problems(session) == []
    with database.transaction() as session:
        additions.bring_back(session, sophea, "birth-30-days", "it did not")
    with database.reading():
        assert "30" in " ".join(answer("doc_birth_certificate", Form.ENGLISH))


def test_a_number_comes_back_only_with_a_second_person(
    database: Database, sophea: Operator, rithy: Operator
) -> None:
    with database.transaction() as session:
        additions.retire(session, sophea, "job-1297", "out of service")
    with database.transaction() as session:
        back = additions.bring_back(session, sophea, "job-1297", "works again")
        assert back.state == EditState.PROPOSED
    with database.reading():
        assert "1297" not in " ".join(answer("job_find", Form.ENGLISH))
    with database.transaction() as session:
        edits.approve(session, rithy, back.id)
    with database.reading():
        assert "1297" in " ".join(answer("job_find", Form.ENGLISH))


def test_an_emergency_number_is_never_retired(database: Database, sophea: Operator) -> None:
    with database.transaction() as session, pytest.raises(EditRefused, match="emergency_must_stand"):
        additions.retire(session, sophea, "svc-police-117", "no")


def test_new_and_retired_facts_go_out_and_come_back(database: Database, sophea: Operator) -> None:
    add(database, sophea)
    with database.transaction() as session:
        additions.retire(session, sophea, "birth-30-days", "the law changed")
    with database.reading():
        out = exchange.changed()
    assert {entry["id"] for entry in yaml.safe_load(out)["facts"]} == {"svc-new-office", "birth-30-days"}
    other = out.replace("svc-new-office", "svc-other-office")
    with database.transaction() as session:
        taken = exchange.read_in(session, other, "from another place")
    assert [(e.fact_id, e.state) for e in taken] == [("svc-other-office", EditState.IN_FORCE)]


@pytest.mark.parametrize(
    ("text", "name", "read"),
    [
        ("20,000", "riel", 20000),
        ("0", "days", 0),
        ("012", "days", "012"),
        ("1290", "phone", "1290"),
        ("a", "x", "a"),
    ],
)
def test_a_value_is_a_number_where_it_is_one_and_nobody_calls_it(
    text: str, name: str, read: str | int
) -> None:
    assert additions.value(text, name) == read
