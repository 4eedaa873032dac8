"""Every figure of the invented year, on the page and in the CSV, against SQL written apart from the code."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.database import Database
from bot.insight import export, periods, snapshots, tables, words
from bot.insight.periods import Period
from bot.models import Message, Role
from bot.settings import Settings
from tests.console.conftest import Desk
from web import create_app

LEAST, BASE = 5, 5
NOT_TOLD = "not_told"
_WAIT = """
    CASE WHEN e.claimed_at IS NULL THEN 'not_claimed'
    WHEN (julianday(e.claimed_at) - julianday(e.at)) * 1440 < 15 THEN '0-15'
    WHEN (julianday(e.claimed_at) - julianday(e.at)) * 1440 < 60 THEN '15-60'
    WHEN (julianday(e.claimed_at) - julianday(e.at)) * 1440 < 240 THEN '60-240'
    WHEN (julianday(e.claimed_at) - julianday(e.at)) * 1440 < 1440 THEN '240-1440'
    ELSE '1440+' END"""
_OF_NEEDS = "FROM need n LEFT JOIN profile p ON p.contact_id = n.contact_id"
_OF_QUEUE = "FROM escalation e JOIN conversation c ON c.id = e.conversation_id"
_OF_REFERRALS = "FROM referral r JOIN service s ON s.id = r.service_id"
_OF_MESSAGES = "FROM message m JOIN contact k ON k.id = m.contact_id"
_CHILDREN = "CASE p.children WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END"
_PLACE = "COALESCE(n.province, p.province)"
# By table: what is counted by, from where, whose people, and by when.
QUERIES: dict[str, tuple[list[str], str, str, str]] = {
    "needs": (["n.kind"], _OF_NEEDS, "n.contact_id", "n.at"),
    "provinces": ([_PLACE], _OF_NEEDS, "n.contact_id", "n.at"),
    "sex": (["p.sex"], _OF_NEEDS, "n.contact_id", "n.at"),
    "age": (["p.age_band"], _OF_NEEDS, "n.contact_id", "n.at"),
    "household": (["p.household"], _OF_NEEDS, "n.contact_id", "n.at"),
    "children": ([_CHILDREN], _OF_NEEDS, "n.contact_id", "n.at"),
    "country": (["p.country"], _OF_NEEDS, "n.contact_id", "n.at"),
    "needs_by_sex": (["n.kind", "p.sex"], _OF_NEEDS, "n.contact_id", "n.at"),
    "needs_by_province": (["n.kind", _PLACE], _OF_NEEDS, "n.contact_id", "n.at"),
    "reasons": (["e.reason"], _OF_QUEUE, "c.contact_id", "e.at"),
    "waiting": (["'P' || e.priority", _WAIT], _OF_QUEUE, "c.contact_id", "e.at"),
    "outcomes": (["e.outcome"], _OF_QUEUE, "c.contact_id", "e.at"),
    "referral_steps": (["r.state"], _OF_REFERRALS, "r.contact_id", "r.created_at"),
    "referral_partners": (["s.key", "r.state"], _OF_REFERRALS, "r.contact_id", "r.created_at"),
    "channels": (["k.channel"], _OF_MESSAGES, "m.contact_id", "m.created_at"),
    "forms": (["k.form"], _OF_MESSAGES, "m.contact_id", "m.created_at"),
}  # fmt: skip
Invented = tuple[Settings, Database]
Counts = dict[tuple[str, ...], int]


def counted(session: Session, period: Period) -> dict[str, Counts]:
    """The people of every cell, straight from the rows."""
    start, end = (
        (_first(year, month) - timedelta(hours=7)).strftime("%Y-%m-%d %H:%M:%S.%f")
        for year, month in ((period.year, period.first), _after(period))
    )
    found: dict[str, Counts] = {}
    for name, (by, rows, people, at) in QUERIES.items():
        codes = ", ".join(f"COALESCE(NULLIF({column}, ''), '{NOT_TOLD}')" for column in by)
        inbound = " AND m.direction = 'in'" if rows == _OF_MESSAGES else ""
        query = (
            f"SELECT {codes}, COUNT(DISTINCT {people}) {rows}"
            f" WHERE {at} >= :start AND {at} < :end{inbound}"
            f" GROUP BY {', '.join(str(column) for column, _ in enumerate(by, start=1))}"
        )
        found[name] = {
            tuple(map(str, codes)): int(count)
            for *codes, count in session.execute(text(query), {"start": start, "end": end})
        }
    everybody = "SELECT COUNT(DISTINCT contact_id) FROM need WHERE at >= :start AND at < :end"
    found["everyone"] = {("people",): session.scalar(text(everybody), {"start": start, "end": end}) or 0}
    found["unanswered"] = _unanswered(session, start, end)
    return found


def _first(year: int, month: int) -> datetime:
    return datetime(year, month, 1)


def _after(period: Period) -> tuple[int, int]:
    months = period.year * 12 + period.first - 1 + period.months
    return months // 12, months % 12 + 1


def _unanswered(session: Session, start: str, end: str) -> Counts:
    """What the bot took a message for is encrypted, so these are counted from the rows as they are read."""
    query = text("SELECT id FROM message WHERE direction = 'in' AND created_at >= :s AND created_at < :e")
    ids = set(session.scalars(query, {"s": start, "e": end}))
    people: set[tuple[int, str]] = set()
    for message in session.scalars(select(Message).where(Message.direction == "in")):
        note = message.understood or {}
        if message.id not in ids or not note:
            continue
        if note.get("intent") == "out_of_scope":
            people.add((message.contact_id, "out_of_scope"))
        elif note.get("reason") in ("not_understood", "brain_unavailable"):
            people.add((message.contact_id, note["reason"]))
        elif note.get("outcome") == "offer":
            people.add((message.contact_id, "asked_back"))
    return {(kind,): count for kind, count in Counter(kind for _, kind in people).items()}


def nearest(count: int) -> int:
    """The multiple of BASE that is nearest to `count`; halves can't be, BASE being odd."""
    return min((n for n in range(0, count + BASE + 1, BASE)), key=lambda n: abs(n - count))


def test_every_table_is_checked_here() -> None:
    assert {table.name for table in tables.TABLES} == {*QUERIES, "unanswered"}


def test_every_figure_of_every_period_in_the_csv_is_that_of_a_direct_query(invented: Invented) -> None:
    told = hidden = 0
    with invented[1].reading() as session:
        for period in snapshots.published(session, snapshots.STAFF):
            direct = counted(session, period)
            file = export.csv(period, snapshots.read(session, period, snapshots.STAFF), "en")
            rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
            cells = {(r["table"], *filter(None, (r["row"], r["column"]))): r["people"] for r in rows}
            for (name, *key), people in cells.items():
                count = direct[name].get(tuple(key), 0)
                if people == "hidden":
                    hidden += 1
                    continue
                told += 1
                assert count >= LEAST, (period.name, name, key)
                assert int(people) == nearest(count), (period.name, name, key)
            for name, counts in direct.items():
                if any(cell[0] == name for cell in cells):
                    missing = {key for key in counts if (name, *key) not in cells}
                    assert not missing, (period.name, name, missing)
    assert told > 300 and hidden > 100


def test_every_figure_on_the_page_is_that_of_a_direct_query(invented: Invented) -> None:
    settings, database = invented
    desk = Desk(create_app(settings, database), database, "sophea", Role.MANAGER).sign_in()
    with database.reading() as session:
        shown = [p for p in snapshots.published(session, snapshots.STAFF) if p.months in (1, 3, 12)][:4]
        direct = {period: counted(session, period) for period in shown}
    told = 0
    for period in shown:
        page = desk.get(f"/figures?period={period.name}").text
        for name in direct[period]:
            for row, column, people in _cells(page, name):
                matching = [
                    count
                    for key, count in direct[period][name].items()
                    if _words(name, 0, key[0]) == row
                    and (column is None or _words(name, 1, key[1]) == column)
                ]
                assert len(matching) == 1 or people in ("hidden", "0"), (period.name, name, row, column)
                if people != "hidden":
                    told += 1
                    assert int(people.replace(",", "")) == nearest(matching[0]), (name, row, column)
    assert told > 100


def _words(table: str, axis: int, code: str) -> str:
    return words.code(tables.named(table).axes[axis], code, "en")


def _cells(page: str, name: str) -> Iterator[tuple[str, str | None, str]]:
    """Row, column (None in a list) and number of every cell of a table on the page."""
    section = re.search(rf'id="figures-{name}".*?</section>', page, re.S)
    if section is None or "<table>" not in section[0]:
        return
    heads = [html.unescape(h) for h in re.findall(r'<th scope="col">(.*?)</th>', section[0])][1:]
    crossed = len(tables.named(name).axes) > 1
    for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', section[0], re.S):
        label, cells = row.split("</th>")[0], re.findall(r"<td>(.*?)</td>", row, re.S)
        for head, cell in zip(heads, cells, strict=True):
            number = re.sub(r"<.*?>", "", cell).strip()
            yield html.unescape(label).removesuffix(" *"), head if crossed else None, number
            if not crossed:
                break  # what follows is the period before, checked as that period


def test_a_period_by_name_is_what_the_direct_queries_count(invented: Invented) -> None:
    """The bounds above are computed apart from bot/insight/periods.py: they must be the same moments."""
    with invented[1].reading() as session:
        for period in snapshots.published(session, snapshots.STAFF):
            start = _first(period.year, period.first) - timedelta(hours=7)
            end = _first(*_after(period)) - timedelta(hours=7)
            assert (period.start.replace(tzinfo=None), period.end.replace(tzinfo=None)) == (start, end)
            assert periods.parse(period.name) == period
