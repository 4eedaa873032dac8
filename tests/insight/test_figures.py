"""Figures of an invented year: against direct queries, as files, on the pages."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.commands import phlov
from bot.database import Database
from bot.directory import codes
from bot.insight import briefing, charts, export, periods, snapshots, tables, words
from bot.insight.disclosure import STAFF, rounded
from bot.insight.snapshots import Published
from bot.models import Referral
from bot.places import provinces
from bot.settings import Settings, load_settings
from web import create_app

Invented = tuple[Settings, Database]


@pytest.fixture
def year(invented: Invented) -> dict[str, Published]:
    with invented[1].reading() as session:
        newest = next(p for p in snapshots.published(session, snapshots.STAFF) if p.months == 3)
        return snapshots.read(session, newest, snapshots.STAFF)


def everything(session: Session) -> dict[str, dict[str, Published]]:
    found = snapshots.published(session, snapshots.STAFF)
    return {period.name: snapshots.read(session, period, snapshots.STAFF) for period in found}


def test_invented_referrals_name_needs_that_services_have(invented: Invented) -> None:
    with invented[1].reading() as session:
        needs = {referral.need for referral in session.query(Referral)}
    assert needs and needs <= set(codes.NEEDS)


def test_figures_are_those_of_a_direct_query(invented: Invented, year: dict[str, Published]) -> None:
    with invented[1].reading() as session:
        period = next(p for p in snapshots.published(session, snapshots.STAFF) if p.months == 3)
        query = text(
            "SELECT kind, COUNT(DISTINCT contact_id) AS people FROM need"
            " WHERE at >= :start AND at < :end GROUP BY kind"
        )
        bounds = {"start": period.start.replace(tzinfo=None), "end": period.end.replace(tzinfo=None)}
        counted = {row.kind: row.people for row in session.execute(query, bounds)}
    told = {key[0]: count for key, count in year["needs"].cells.items()}
    assert told.keys() == counted.keys()
    assert all(count is None or count == rounded(counted[kind], STAFF) for kind, count in told.items())
    assert sum(count is not None for count in told.values()) >= 5


def test_a_period_is_published_once_and_stays_as_it_was(invented: Invented) -> None:
    with invented[1].transaction() as session:
        before = {
            p.name: snapshots.read(session, p, snapshots.STAFF) for p in snapshots.published(session, "staff")
        }
        assert snapshots.make_due(session) == []
        session.execute(text("DELETE FROM need"))
        assert snapshots.make_due(session) == []
        after = {
            p.name: snapshots.read(session, p, snapshots.STAFF) for p in snapshots.published(session, "staff")
        }
        session.rollback()
    assert before == after and len(before) > 12


def test_every_table_is_published_and_has_its_words(year: dict[str, Published]) -> None:
    assert set(year) == {table.name for table in tables.TABLES} | {"everyone"}
    for name, table in year.items():
        for language in words.LANGUAGES:
            assert words.title(name, language)
            if name != "everyone":
                assert words.definition(name, language)
                assert all(words.axis(axis, language) for axis in table.axes)
    needs = {words.code("need", row, "km") for row in year["needs"].rows}
    assert not any(word.isascii() for word in needs)


def test_files_hold_the_figures_and_no_formula(year: dict[str, Published]) -> None:
    hostile = {**year, "referral_partners": Published("referral_partners", ("partner", "step"),
               {("=HYPERLINK(1)", "sent"): 5, ("@SUM(A1)", "sent"): None}, None)}  # fmt: skip
    period = periods.parse("2026-Q3")
    rows = list(csv.DictReader(io.StringIO(export.csv(period, hostile, "en").decode("utf-8-sig"))))
    assert {row["people"] for row in rows if row["row"].endswith("@SUM(A1)")} == {"hidden"}
    assert not any(cell.startswith(("=", "@", "+", "-")) for row in rows for cell in row.values())
    book = openpyxl.load_workbook(io.BytesIO(export.xlsx(period, hostile, "en")))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert year["everyone"].people in {cell.value for cell in cells}


def test_the_briefing_has_a_khmer_and_an_english_page(year: dict[str, Published]) -> None:
    pages = PdfReader(
        io.BytesIO(briefing.pdf("Phlov", periods.parse("2026-Q3"), year, date(2026, 11, 25), invented=True))
    ).pages
    assert len(pages) == 2
    english = pages[1].extract_text()
    assert "Find work" in english and "Invented data" in english
    assert f"{year['everyone'].people:,}" in english
    assert any("\u1780" <= letter <= "\u17ff" for letter in pages[0].extract_text())


def test_khmer_charts_bring_their_font_along(year: dict[str, Published]) -> None:
    for name in ("needs", "provinces"):
        assert "@font-face" in charts.draw(year[name], "km")
        assert "@font-face" not in charts.draw(year[name], "en")


def test_the_map_has_every_province_once() -> None:
    assert set(charts.TILES) == set(provinces())
    assert len(set(charts.TILES.values())) == 25


def test_the_public_page_is_coarse_cacheable_and_without_a_cookie(
    invented: Invented,
) -> None:
    client = create_app(*invented).test_client()
    page = client.get("/figures/en")
    assert page.status_code == 200 and "Set-Cookie" not in page.headers
    assert page.cache_control.public and page.cache_control.max_age == 3600
    again = client.get("/figures/en", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    assert "waiting" not in page.text.lower() and "<script" not in page.text
    with invented[1].reading() as session:
        assert all(p.months >= 3 for p in snapshots.published(session, snapshots.PUBLIC))
    assert client.get("/figures/km/2026-Q3/provinces.svg").status_code == 200
    assert client.get("/figures/km/2026-10/provinces.svg").status_code == 404
    assert client.get("/figures/km?period=nonsense").status_code == 404


def test_without_the_setting_there_is_no_public_page(invented: Invented, tmp_path: Path) -> None:
    settings = load_settings({"PHLOV_VAR": str(tmp_path), "PHLOV_ENV": "development"})
    assert create_app(settings, invented[1]).test_client().get("/figures/en").status_code == 404


def test_invented_people_are_refused_beside_real_ones(
    database: Database, settings: Settings, environment: dict[str, str]
) -> None:
    first = CliRunner().invoke(phlov, ["demo-data", "--conversations", "2"],
                               env={**environment, "DATABASE_URL": settings.database_url})  # fmt: skip
    second = CliRunner().invoke(phlov, ["demo-data", "--conversations", "2"],
                                env={**environment, "DATABASE_URL": settings.database_url})  # fmt: skip
    assert first.exit_code == 0 and second.exit_code != 0 and "isn't empty" in second.output
