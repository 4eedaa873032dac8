"""Listings: from files and employers, moderated, found by text in three forms, told; signs of fraud."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import inbox, operators, segments
from bot.database import Database
from bot.directory.files import BadFile
from bot.facts import today
from bot.jobs import employers, files, fraud, listings, search
from bot.jobs.lexicon import trades, wanted
from bot.jobs.tell import told
from bot.models import AuditEvent, Channel, Contact, Form, Listing, ListingState, Operator
from bot.models.columns import now

CLOSES = today() + timedelta(days=20)


def row(**fields: str) -> dict[str, str]:
    return {
        "reference": "nea-1",
        "kind": "job",
        "trade": "garment",
        "skills": "",
        "province": "21",
        "district": "",
        "employer_km": "រោងចក្រ មេគង្គ",
        "employer_latin": "Mekong Garment",
        "wage_khr": "850,000",
        "wage_usd": "",
        "wage_period": "month",
        "places": "20",
        "phone": "012 345 678",
        "closes_on": CLOSES.isoformat(),
        "description": "sewing line, no experience needed",
        "source": "NEA list",
        "source_date": today().isoformat(),
        **fields,
    }


def keep(session: Session, **fields: str) -> Listing:
    values, wrong = listings.check(row(**fields))
    assert wrong == []
    return listings.keep(session, values, None, publish=True)


def as_csv(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def manager(database: Database) -> Operator:
    with database.transaction() as session:
        return operators.add(session, "manager")[0]


@pytest.mark.parametrize(
    ("text", "trade", "province"),
    [
        ("sewing in Takeo", "garment", "21"),
        ("ការងារសំណង់ នៅបាត់ដំបង", "construction", "02"),
        ("rok kar ngea kat der nov takeo", "garment", "21"),
        ("kangea somnong nov bat dambong", "construction", "02"),
        ("is there work as a driver in Siem Reap?", "driving", "17"),
        ("ចង់រកការងារជាងភ្លើង", "electrical", None),
        ("what is the weather", None, None),
        ("building work in Kampot", "construction", "07"),
        ("i can work on a building site", "construction", None),
        ("is there a job as bricklayer or painter?", "construction", None),
        ("farm hand in Pursat", "farming", "15"),
        ("work as cleaner or nanny", "domestic", None),
        ("ចង់ធ្វើការនៅការដ្ឋាន", "construction", None),
        ("រកការងារមើលក្មេង នៅភ្នំពេញ", "domestic", "12"),
        ("rok kar ngea cheang chheu", "construction", None),
        ("merl kmeng", "domestic", None),
        ("i am bleeding a lot", None, None),
        ("ចង់ធ្វើការពេលថ្ងៃ", None, None),
    ],
)
def test_a_search_by_text_is_read_in_three_forms(text: str, trade: str | None, province: str | None) -> None:
    assert (wanted(text).trade, wanted(text).province) == (trade, province)


def test_a_search_finds_the_trade_in_the_province_first_then_next_door(database: Database) -> None:
    with database.transaction() as session:
        keep(session, reference="far", province="16")
        keep(session, reference="next-door", province="07")
        keep(session, reference="here")
        keep(session, reference="other-trade", trade="farming")
        keep(session, reference="also", trade="sales", skills="garment|cooking")
        found = [one.reference for one in search.find(session, "job", trade="garment", province="21")]
    assert found == ["here", "also", "next-door"]


def test_skills_from_abroad_put_what_fits_first(database: Database) -> None:
    with database.transaction() as session:
        keep(session, reference="garment")
        keep(session, reference="welding", trade="welding")
        found = search.find(session, "job", province="21", skills=["welding"])
    assert [one.reference for one in found] == ["welding", "garment"]


def test_nothing_closed_pending_or_rejected_is_found(database: Database, manager: Operator) -> None:
    with database.transaction() as session:
        past = keep(session, reference="past")
        past.closes_on = today() - timedelta(days=1)
        listings.reject(session, keep(session, reference="bad"), session.get_one(Operator, manager.id), "no")
        keep(session, reference="odd", description="pay the visa fee first")
        assert search.find(session, "job", trade="garment", province="21") == []
        assert listings.expire(session) == 1
        session.expire_all()
        assert past.state == ListingState.CLOSED


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("trade", trades())
def test_a_listing_is_told_in_every_form_within_three_segments(form: Form, trade: str) -> None:
    values, _ = listings.check(row(trade=trade, wage_usd="210", district="2108"))
    parts = told(Listing(**values), form)
    assert "850,000" in parts[0]
    assert "$210" in parts[0]
    assert "012 345 678" in parts[0]
    assert f"{CLOSES:%d/%m/%Y}" in parts[0]
    assert segments.count(parts[0]) <= 3
    if form is Form.ROMANISED:
        assert " ".join(parts).isascii()


def test_the_employers_own_words_are_never_told() -> None:
    listing = Listing(**listings.check(row(description="call my cousin at the border"))[0])
    assert not any("cousin" in part for form in Form for part in told(listing, form))


def test_a_file_with_one_bad_row_is_not_taken_over_at_all(database: Database) -> None:
    bad = row(reference="b", trade="piracy", wage_khr="-1", closes_on="tomorrow", phone="call me")
    with database.transaction() as session:
        with pytest.raises(BadFile) as problem:
            files.import_csv(session, as_csv(row(), bad, row()), None)
        places = {(p.row, p.column, p.why) for p in problem.value.problems}
        assert places == {
            (3, "trade", "unknown_code"),
            (3, "wage_khr", "not_a_number"),
            (3, "closes_on", "not_a_date"),
            (3, "phone", "not_a_phone"),
            (4, "reference", "twice"),
        }
        assert session.query(Listing).count() == 0


def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        assert files.import_csv(session, as_csv(row(), row(reference="nea-2")), None) == (2, 0)
        assert files.import_csv(session, as_csv(row(), row(reference="nea-2")), None) == (2, 0)
        assert session.query(Listing).count() == 2


def test_a_job_without_pay_or_past_its_day_or_elsewhere_is_refused() -> None:
    assert listings.check(row(wage_khr=""))[1] == [("wage_khr", "needs_wage")]
    assert listings.check(row(closes_on="2020-01-01"))[1] == [("closes_on", "in_the_past")]
    assert listings.check(row(closes_on="2099-01-01"))[1] == [("closes_on", "too_high")]
    assert listings.check(row(district="0102"))[1] == [("district", "unknown_code")]
    assert listings.check(row(kind="training", wage_khr=""))[1] == []


def test_no_cell_of_an_export_is_a_formula(database: Database) -> None:
    with database.transaction() as session:
        keep(session, employer_latin="=cmd|' /C calc'!A0", description="@SUM(1)", phone="+855 12 345 678")
        text = files.export_csv(session).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]


@examples(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(max_size=30), min_size=17, max_size=17))
def test_any_cells_are_refused_in_words_and_never_fail(database: Database, cells: list[str]) -> None:
    content = as_csv(dict(zip(row(), cells, strict=True)))
    with database.transaction() as session, pytest.raises(BadFile):
        files.import_csv(session, content, None)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("a company offers a job but I must pay 200 dollars first", "pay_first"),
        ("job in factory, registration fee 50$", "pay_first"),
        ("គេឱ្យខ្ញុំបង់លុយមុន ទើបបានការងារ", "pay_first"),
        ("មេខ្យល់ទារលុយកក់", "pay_first"),
        ("mekhyol tha trov bong luy mun ban tver kar", "pay_first"),
        ("the boss says he keeps my passport during the work", "papers_kept"),
        ("ក្រុមហ៊ុនសុំយកលិខិតឆ្លងដែនទុក ពេលធ្វើការ", "papers_kept"),
        ("krom hun yok pasport tuk", "papers_kept"),
        ("someone on facebook offers work in Malaysia", "abroad_by_chat"),
        ("គេហៅទៅធ្វើការនៅដូបៃ តាមតេឡេក្រាម", "abroad_by_chat"),
        ("ke hav tov tver kar nov kore tam telegram", "abroad_by_chat"),
        ("job with salary $3000 a month, no experience", "wage_too_high"),
        ("ការងារប្រាក់ខែ 2500 ដុល្លារ", "wage_too_high"),
    ],
)
def test_signs_of_fraud_are_seen_in_three_forms(text: str, sign: str) -> None:
    assert sign in fraud.signs_in_message(text)


@pytest.mark.parametrize(
    "text",
    [
        "I am looking for sewing work in Takeo",
        "how much is the passport fee",
        "my passport is lost and I need work",
        "ខ្ញុំចង់រកការងារសំណង់នៅបាត់ដំបង",
        "ធ្វើលិខិតឆ្លងដែនត្រូវបង់ថ្លៃប៉ុន្មាន",
        "rok kangea kat der nov takeo prak khae 200 dollar",
        "my boss in thailand did not pay my wage",
        "the salary was 9000 baht a month",
    ],
)
def test_everyday_questions_bear_no_sign(text: str) -> None:
    assert fraud.signs_in_message(text) == []


def test_a_listing_with_a_sign_waits_for_a_moderator_who_must_say_why(
    database: Database, manager: Operator
) -> None:
    with database.transaction() as session:
        taken = files.import_csv(session, as_csv(row(description="send the deposit first")), None)
        assert taken == (1, 1)
        listing = session.scalars(select(Listing)).one()
        moderator = session.get_one(Operator, manager.id)
        with pytest.raises(listings.SignsOfFraud):
            listings.publish(session, listing, moderator)
        listings.publish(session, listing, moderator, "a deposit for the dormitory, seen the contract")
        assert listing.state == ListingState.PUBLISHED
        assert session.scalars(select(AuditEvent.action)).all()[-1] == "listing_published"


def test_an_employers_listing_is_told_only_after_a_moderators_yes(
    database: Database, manager: Operator
) -> None:
    with database.transaction() as session:
        moderator = session.get_one(Operator, manager.id)
        link, token = employers.issue(session, "Mekong Garment", moderator)
        assert token not in repr([link.token_hash, link.employer])
        opened = employers.open_link(session, token)
        assert opened is not None
        listing, wrong = employers.submit(session, opened, row())
        assert wrong == []
        assert listing is not None
        assert listing.reference is None
        assert search.find(session, "job", trade="garment", province="21") == []
        listings.publish(session, listing, moderator)
        assert search.find(session, "job", trade="garment", province="21") == [listing]


def test_a_revoked_expired_or_guessed_link_opens_nothing(database: Database, manager: Operator) -> None:
    with database.transaction() as session:
        moderator = session.get_one(Operator, manager.id)
        revoked, first = employers.issue(session, "A", moderator)
        expired, second = employers.issue(session, "B", moderator)
        employers.revoke(session, revoked, moderator)
        expired.expires_at = now()
        assert [employers.open_link(session, t) for t in (first, second, "guess", "")] == [None] * 4


def test_a_flood_of_listings_by_one_link_is_stopped(database: Database, manager: Operator) -> None:
    with database.transaction() as session:
        link, _ = employers.issue(session, "A", session.get_one(Operator, manager.id))
        for _ in range(20):
            employers.submit(session, link, row())
        with pytest.raises(employers.TooMany):
            employers.submit(session, link, row())


def test_an_unknown_person_has_no_skills(database: Database) -> None:
    with database.transaction() as session:
        contact: Contact = inbox.find_or_create_contact(session, Channel.SMS, "+85510000001")
        assert search.skills_of(session, contact) == []
