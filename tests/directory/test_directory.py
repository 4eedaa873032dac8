"""The service directory: finding, telling, and files that come and go."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import segments
from bot.database import Database
from bot.directory import entries, files, hours, hsds, search
from bot.directory.tell import told
from bot.facts import today
from bot.models import DirectoryChange, Form, Service
from bot.spreadsheets import marked, unmarked

TODAY = date(2026, 11, 25)
SCHEMA = json.loads((Path(__file__).parent / "hsds" / "service_with_definitions.json").read_text())


def entry(**fields: str) -> dict[str, str]:
    """A published, confirmed entry in Takeo."""
    return {
        "key": "sewing-school",
        "organisation_key": "school-org",
        "organisation_km": "សាលា",
        "organisation_km_Latn": "sala",
        "organisation_en": "School",
        "kind": "training_centre",
        "name_km": "សាលាកាត់ដេរ",
        "name_km_Latn": "sala kat der",
        "name_en": "Sewing school",
        "place_km": "តាកែវ",
        "place_km_Latn": "Takeo",
        "place_en": "Takeo town",
        "needs": "training",
        "provinces": "21",
        "cost": "free",
        "hours": "Mo-Fr 07:30-11:30 14:00-17:00",
        "phone": "012 345 678",
        "published": "yes",
        "source": "visit",
        "source_date": "2026-11-01",
        "confirmed_on": "2026-11-01",
        "confirmed_by": "Sokha",
        "review_due": "2027-05-01",
        **fields,
    }


def keep(session: Session, **fields: str) -> Service:
    values, wrong = entries.check(entry(**fields))
    assert wrong == []
    return entries.keep(session, values, None, "edit")


def as_csv(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_every_shipped_entry_is_right_and_there(database: Database) -> None:
    shipped = files.shipped()
    assert [(e["key"], entries.check(e)[1]) for e in shipped if entries.check(e)[1]] == []
    with database.transaction() as session:
        assert set(session.scalars(select(Service.key))) == {e["key"] for e in shipped}
        assert files.seed(session) == 0


def test_the_province_comes_first_then_its_neighbours_then_the_country(database: Database) -> None:
    with database.transaction() as session:
        keep(session, key="a-far", provinces="13")
        keep(session, key="b-country", provinces="")
        keep(session, key="c-neighbour", provinces="07")
        keep(session, key="d-here", provinces="21")
        found = search.find(session, need="training", kinds=["training_centre"], province="21")
    order = [f.service.key for f in found]
    assert order.index("d-here") < order.index("c-neighbour") < order.index("b-country")
    assert "a-far" not in order


def test_what_is_sensitive_or_unpublished_is_for_operators_only(database: Database) -> None:
    with database.transaction() as session:
        keep(session, key="hidden", published="no")
        keep(session, key="violence", published="no", needs="training|violence")
        for_people = {f.service.key for f in search.find(session, need="training", province="21")}
        for_us = {
            f.service.key for f in search.find(session, need="training", province="21", for_operator=True)
        }
    assert not {"hidden", "violence"} & for_people
    assert {"hidden", "violence"} <= for_us


def test_a_full_service_comes_last(database: Database) -> None:
    with database.transaction() as session:
        keep(session, key="full", capacity="full")
        keep(session, key="other", provinces="07")
        order = [f.service.key for f in search.find(session, need="training", province="21")]
    assert order[-1] == "full"


@pytest.mark.parametrize("form", Form)
def test_a_confirmed_service_is_told_with_number_and_hours(database: Database, form: Form) -> None:
    with database.transaction() as session:
        service = keep(session)
        parts = told(search.Found(service, "21"), "21", form, TODAY)
    assert "012 345 678" in parts[0]
    assert "7:30-11:30" in parts[1]
    assert segments.count(" ".join(parts)) <= 3
    if form is Form.ROMANISED:
        assert " ".join(parts).isascii()


@pytest.mark.parametrize("form", Form)
def test_nothing_of_a_service_past_its_review_is_told_as_fact(database: Database, form: Form) -> None:
    with database.transaction() as session:
        service = keep(session)
        words = " ".join(told(search.Found(service, "21"), "21", form, date(2027, 5, 1)))
    assert "012 345 678" not in words
    assert "7:30" not in words


def test_an_entry_on_facts_is_told_only_while_they_may_be(database: Database) -> None:
    with database.reading() as session:
        line = session.scalars(select(Service).where(Service.key == "free-lawyers")).one()
        centre = session.scalars(select(Service).where(Service.key == "job-centre-kampot")).one()
    assert search.phone_of(line, TODAY) == "1281"
    assert search.phone_of(line, date(2030, 1, 1)) == ""
    assert not search.is_tellable(line, date(2030, 1, 1))
    assert not search.is_tellable(centre, TODAY)  # a single source from 2012
    assert "must be confirmed" in told(search.Found(centre, "07"), "07", Form.ENGLISH, TODAY)[0]


def test_a_csv_comes_back_as_it_went(database: Database) -> None:
    with database.transaction() as session:
        keep(session)
        content = files.export_csv(session)
        changes = session.query(DirectoryChange).count()
        assert files.import_csv(session, content) == session.query(Service).count()
        assert session.query(DirectoryChange).count() == changes
        assert files.export_csv(session) == content


def test_a_csv_with_one_bad_row_changes_nothing_and_says_which(database: Database) -> None:
    with database.transaction() as session:
        rows = as_csv(entry(), entry(key="other", cost="cheap", hours="always", review_due="soon"))
        with pytest.raises(files.BadFile) as bad:
            files.import_csv(session, rows)
        assert {(p.row, p.column) for p in bad.value.problems} == {
            (3, "cost"),
            (3, "hours"),
            (3, "review_due"),
        }
        assert session.scalars(select(Service).where(Service.key == "sewing-school")).first() is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty_file"),
        (b"\xff\xfe\x00k\x00e\x00y", "not_text"),
        (b"key,\x00\n", "not_text"),
        (b'key,"unclosed\n', "not_text"),
        (b"key,colour\n1,2\n", "unknown_column"),
        (b"key,key\n1,2\n", "column_twice"),
        (b"key\nonly\n", "column_missing"),
    ],
)
def test_a_hostile_file_is_refused_in_words(database: Database, content: bytes, why: str) -> None:
    with database.transaction() as session, pytest.raises(files.BadFile) as bad:
        files.import_csv(session, content)
    assert why in {p.why for p in bad.value.problems}


def test_hidden_direction_characters_and_foreign_letters_are_refused() -> None:
    wrong = dict(entries.check(entry(name_en="abc\u202egnp.exe", name_km_Latn="សាលា"))[1])
    assert wrong == {"name_en": "hidden_character", "name_km_Latn": "not_latin"}


def test_what_is_published_needs_a_confirmation_with_a_review_and_isnt_sensitive() -> None:
    assert ("published", "needs_confirmation") in entries.check(entry(confirmed_on=""))[1]
    assert ("published", "sensitive_published") in entries.check(entry(needs="violence"))[1]
    assert ("review_due", "before_confirmed") in entries.check(entry(review_due="2026-10-01"))[1]


def test_no_cell_of_an_export_is_a_formula(database: Database) -> None:
    with database.transaction() as session:
        keep(session, name_en="=HYPERLINK(A1)", phone="+855 12 345 678", source="@SUM(1)")
        text = files.export_csv(session).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
        files.import_csv(session, files.export_csv(session))
        assert session.scalars(select(Service).where(Service.key == "sewing-school")).one().name_en[0] == "="


@given(st.text())
def test_marking_a_cell_is_undone_by_reading_it(cell: str) -> None:
    assert unmarked(marked(cell)) == cell
    assert marked(cell)[:1] not in tuple("=+-@\t\r\n") or not cell


@examples(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read_but_never_fail(database: Database, content: bytes) -> None:
    heading = ",".join(entries.FIELDS).encode() + b"\n"
    for whole in (content, heading + content):
        for take in (files.import_csv, hsds.import_hsds):
            with database.transaction() as session, pytest.raises(files.BadFile):
                take(session, whole)


def test_where_referrals_go_is_in_no_file_and_survives_an_import(database: Database) -> None:
    with database.transaction() as session:
        keep(session, referral_method="sms", referral_address="012 999 888", note="ask for Dara")
        for content in (files.export_csv(session), hsds.export_hsds(session, public=False)):
            assert b"012 999" not in content
            assert b"Dara" not in content
        files.import_csv(session, files.export_csv(session))
        hsds.import_hsds(session, hsds.export_hsds(session))
        kept = session.scalars(select(Service).where(Service.key == "sewing-school")).one()
        assert kept.referral_address == "012 999 888"


def test_an_hsds_export_is_valid_by_the_standards_own_schema(database: Database) -> None:
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    with database.transaction() as session:
        keep(session)
        services = json.loads(hsds.export_hsds(session, public=False))
        published = json.loads(hsds.export_hsds(session))
    assert len(services) > len(published) > 10
    problems = [
        f"{s['name']}: {e.json_path}: {e.message}" for s in services for e in validator.iter_errors(s)
    ]
    assert problems == []
    one = next(s for s in published if s["name"] == "Sewing school")
    assert one["schedules"][0]["byday"] == "MO,TU,WE,TH,FR"
    assert one["service_areas"][0]["name"] == "Takeo"


def test_an_hsds_export_comes_back_as_it_went(database: Database) -> None:
    with database.transaction() as session:
        keep(session)
        content = hsds.export_hsds(session, public=False)
        changes = session.query(DirectoryChange).count()
        hsds.import_hsds(session, content)
        assert session.query(DirectoryChange).count() == changes


def test_anothers_hsds_comes_in_unpublished_and_unconfirmed(database: Database) -> None:
    foreign = [
        {
            "id": "ac148810-d857-441c-9679-408f346de14b",
            "name": "Community kitchen",
            "status": "active",
            "organization": {"id": "d9d5e0f5-d3ce-4f73-9a2f-4dd0ecc6c610", "name": "Kitchen"},
            "phones": [{"id": "1554f2e2-a373-45db-a3fa-9fc48a61c15e", "number": '"+855 12 345 678"'}],
            "schedules": [{"byday": "MO,TU", "opens_at": "10:00:00", "closes_at": "18:00:00"}],
            "service_areas": [{"name": "Takeo"}],
        }
    ]
    with database.transaction() as session:
        hsds.import_hsds(session, json.dumps(foreign).encode())
        kitchen = session.scalars(select(Service).where(Service.name_en == "Community kitchen")).one()
        assert not kitchen.published
        assert kitchen.confirmed_on is None
        assert kitchen.provinces == ["21"]
        assert kitchen.hours == "Mo,Tu 10:00-18:00"
        assert not search.is_tellable(kitchen, today() + timedelta(days=1))


@pytest.mark.parametrize(
    "wrong", ["Mo 8-12", "Mo-Su", "Xx 08:00-12:00", "Fr-Mo 08:00-12:00", "Mo 12:00-08:00"]
)
def test_hours_that_cant_be_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        hours.parse(wrong)


def test_an_edit_is_kept_with_both_values(database: Database) -> None:
    with database.transaction() as session:
        keep(session)
        service = keep(session, phone="1297")
        change = session.query(DirectoryChange).filter_by(service_id=service.id).order_by("id").all()[-1]
        assert change.fields == {"phone": ["012 345 678", "1297"]}
