"""Official returns by province: brought in whole with a source, shown as reach, and only while they stand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pypdf
import pytest

from bot import facts, overrides
from bot.database import Database
from bot.fact_desk import additions
from bot.fact_desk.edits import EditRefused
from bot.insight import export, periods, returns_table
from bot.insight.known_returns import known_returns
from bot.insight.returns_table import BadTable, Origin
from bot.insight.snapshots import Published
from bot.models import FactEdit, Operator, Role
from bot.settings import Settings
from tests.console.conftest import Desk
from tests.desk.conftest import new_manager
from web import create_app

ORIGIN = Origin("ministry.example, table 3", facts.today() - timedelta(days=30), "read it",
                facts.today() + timedelta(days=90))  # fmt: skip


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """What is shown doesn't depend on the kind of database."""
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def sophea(database: Database) -> Operator:
    return new_manager(database, "sophea")


def take(database: Database, who: Operator, table: str, origin: Origin = ORIGIN) -> FactEdit:
    with database.transaction() as session:
        return returns_table.take_over(session, who, table.encode(), origin)


def test_a_table_becomes_a_fact_with_its_source(database: Database, sophea: Operator) -> None:
    edit = take(database, sophea, 'province,people\n02,"12,000"\nSiem Reap,8000\n1,5\n')
    with database.reading():
        table = returns_table.newest()
        assert table and table.id == edit.fact_id and table.source == ORIGIN.source
        assert returns_table.by_province(table) == {"01": 5, "02": 12_000, "17": 8_000}
        known = known_returns()
        assert known and known.by_province["02"] == 12_000


def test_reach_goes_into_every_file_that_is_handed_out(database: Database, sophea: Operator) -> None:
    take(database, sophea, "province,people\n02,12000\n17,8000\n")
    period = periods.parse("2026-10")
    provinces = Published("provinces", ("province",), {("02",): 60, ("17",): None, ("25",): 10}, 75)
    shown = {"everyone": Published("everyone", (), {}, 75), "provinces": provinces}
    with database.reading():
        lines = {
            line["row"]: line
            for line in csv.DictReader(io.StringIO(export.csv(period, shown, "en").decode("utf-8-sig")))
        }
        book = openpyxl.load_workbook(io.BytesIO(export.xlsx(period, shown, "en")))
        briefing = pypdf.PdfReader(
            io.BytesIO(export.content("pdf", "Phlov", period, shown, facts.today(), "en", False))
        )
    assert (lines["02"]["known_returns"], lines["02"]["reached_of_10000"]) == ("12000", "50.0")
    assert (lines["17"]["known_returns"], lines["17"]["reached_of_10000"]) == (
        "8000",
        "",
    )  # a hidden cell stays so
    assert (lines["25"]["known_returns"], lines["25"]["reached_of_10000"]) == ("", "")
    rows = [tuple(row) for row in book["provinces"].iter_rows(values_only=True)]
    assert any(row[1:4] == (60, 12_000, 50) for row in rows)
    assert "50.0" in briefing.pages[-1].extract_text()


def test_without_a_table_reach_is_not_told(database: Database) -> None:
    with database.reading():
        known = known_returns()
    assert known and known.table is None and not known.by_province


@pytest.mark.parametrize(
    ("table", "row", "column", "why"),
    [
        ("province,people\nAtlantis,5\n", 2, "province", "unknown_code"),
        ("province,people\n02,5\nBattambang,6\n", 3, "province", "twice"),
        ("province,people\n02,many\n", 2, "people", "not_a_number"),
        ("province,people\n02,-5\n", 2, "people", "not_a_number"),
        ("province,people\n02,99999999\n", 2, "people", "too_high"),
        ("province\n02\n", 1, "people", "column_missing"),
        ("", 1, "", "empty_file"),
    ],
)
def test_every_wrong_cell_is_named_and_nothing_is_taken(
    database: Database, sophea: Operator, table: str, row: int, column: str, why: str
) -> None:
    with pytest.raises(BadTable) as bad:
        take(database, sophea, table)
    assert (row, column, why) in [(p.row, p.column, p.why) for p in bad.value.problems]
    with database.reading():
        assert returns_table.newest() is None


def test_without_a_source_it_is_refused(database: Database, sophea: Operator) -> None:
    with pytest.raises(EditRefused, match="source_missing"):
        take(database, sophea, "province,people\n02,5\n", Origin("", *list(vars(ORIGIN).values())[1:]))


def test_the_newest_source_counts_and_a_retired_or_overdue_one_does_not(
    database: Database, sophea: Operator
) -> None:
    older = take(database, sophea, "province,people\n02,5\n")
    later = Origin("a newer table", facts.today(), "read it", ORIGIN.review_due)
    newer = take(database, sophea, "province,people\n02,7\n", later)
    with database.reading():
        table = returns_table.newest()
        assert table and table.id == newer.fact_id
        overdue = {**table.as_content(), "review_due": facts.today().isoformat()}
        with overrides.trying(facts={table.id: overdue}):
            standing = returns_table.newest()
            assert standing and standing.id == older.fact_id
    with database.transaction() as session:
        additions.retire(session, sophea, newer.fact_id, "counted twice")
    with database.reading():
        table = returns_table.newest()
        assert table and table.id == older.fact_id


@pytest.fixture
def desk(invented: tuple[Settings, Database]) -> Iterator[Desk]:
    """A manager at the figures of the invented year; what they bring in is taken out again."""
    settings, database = invented
    desk = Desk(create_app(settings, database), database, "returns", Role.MANAGER).sign_in()
    yield desk
    with database.transaction() as session:
        session.query(FactEdit).delete()
        overrides.mark_changed(session, overrides.FACTS)


def test_the_page_says_that_there_is_no_count_and_with_one_tells_reach(desk: Desk) -> None:
    assert "We have no count by province" in desk.get("/figures").text
    wrong = {"file": (io.BytesIO(b"province,people\nAtlantis,1\n"), "t.csv")}
    fields = {
        "source": ORIGIN.source,
        "source_date": ORIGIN.source_date.isoformat(),
        "checked_by": "read it",
        "review_due": ORIGIN.review_due.isoformat(),
    }
    token = {"csrf_token": desk.token("/figures/returns")}
    answered = desk.client.post("/console/figures/returns", data={**fields, **token, **wrong})
    assert answered.status_code == 422 and "province" in answered.text
    right = {"file": (io.BytesIO(b"province,people\n02,1000\n"), "t.csv")}
    answered = desk.client.post("/console/figures/returns", data={**fields, **token, **right})
    assert answered.status_code == 302
    page = desk.get("/figures").text
    assert "We have no count by province" not in page and ORIGIN.source in page
    row = re.search(r"Battambang \*</th>(.*?)</tr>", page, re.S)
    assert row and ">Reached, of 10,000</th>" in page
    people, *_, returned, reached = re.findall(r"<td>(.*?)</td>", row[1])
    assert returned == "1,000" and float(reached) == 10 * int(people)
