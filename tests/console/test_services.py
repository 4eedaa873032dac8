"""The console's pages for services, jobs and referrals."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from sqlalchemy import select

from bot import inbox
from bot.database import Database
from bot.models import (
    AuditEvent,
    Channel,
    Contact,
    Conversation,
    DirectoryChange,
    EmployerLink,
    Listing,
    Message,
    Operator,
    Organisation,
    Referral,
    Role,
    Service,
    State,
    Team,
)
from tests.console.conftest import Desk
from tests.directory.test_directory import as_csv, entry
from tests.directory.test_directory import keep as keep_service
from tests.jobs.test_jobs import keep as keep_listing
from tests.jobs.test_jobs import row

AREAS = ("/directory", "/jobs")


def promoted(desk: Desk, role: Role) -> Desk:
    with desk.database.transaction() as session:
        session.get_one(Operator, desk.operator_id).role = role
    return desk


@pytest.fixture
def manager(app: Flask, database: Database) -> Desk:
    return promoted(Desk(app, database, "manager").sign_in(), Role.MANAGER)


def service_id(database: Database, key: str = "sewing-school") -> int:
    with database.reading() as session:
        return session.scalars(select(Service.id).where(Service.key == key)).one()


def test_an_operator_finds_services_near_and_cant_edit_them(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session)
    page = desk.get("/directory?need=training&province=21").text
    assert "Sewing school" in page
    assert "New service" not in page
    number = service_id(database)
    shown = desk.get(f"/directory/{number}").text
    assert "012 345 678" in shown
    assert "How people read it" in shown
    assert desk.post(f"/directory/{number}", page="/directory", phone="1").status_code == 403
    assert desk.get("/directory/new").status_code == 403


def test_a_manager_edits_with_history_and_people_read_it_at_once(manager: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session)
    number = service_id(database)
    fields = {**entry(), "phone": "1297"}
    page = f"/directory/{number}"
    saved = manager.client.post(
        f"/console{page}", data={"csrf_token": manager.token(page), **fields, "needs": ["training", "work"]}
    )
    assert saved.status_code == 302
    with database.reading() as session:
        service = session.get_one(Service, number)
        assert (service.phone, service.needs) == ("1297", ["training", "work"])
        change = session.query(DirectoryChange).filter_by(operator_id=manager.operator_id).one()
        assert change.fields["phone"] == ["012 345 678", "1297"]
    assert "1297" in manager.get(page).text


def test_what_is_wrong_is_marked_and_nothing_is_saved(manager: Desk, database: Database) -> None:
    wrong = {**entry(), "key": "new-one", "hours": "always", "name_km_Latn": "ខ្មែរ"}
    answer = manager.post("/directory/new", "/directory/new", **wrong)
    assert answer.status_code == 422
    assert 'id="hours-problem"' in answer.text
    assert 'id="name_km_Latn-problem"' in answer.text
    with database.reading() as session:
        assert session.scalars(select(Service).where(Service.key == "new-one")).first() is None


def test_confirming_sets_the_day_and_the_next_review(manager: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session, confirmed_on="2025-01-01", review_due="2025-06-01")
    number = service_id(database)
    manager.post(f"/directory/{number}/confirm", f"/directory/{number}")
    with database.reading() as session:
        service = session.get_one(Service, number)
        assert service.confirmed_by == "manager"
        assert service.review_due > service.confirmed_on  # type: ignore[operator]


def upload(desk: Desk, path: str, page: str, content: bytes, name: str = "file.csv") -> str:
    data = {"csrf_token": desk.token(page), "file": (io.BytesIO(content), name)}
    answer = desk.client.post(f"/console{path}", data=data, follow_redirects=True)
    return answer.text


def test_files_are_taken_over_whole_or_refused_cell_by_cell(manager: Desk, database: Database) -> None:
    bad = as_csv(entry(), entry(key="x2", cost="cheap", name_en="<img src=x>"))
    page = upload(manager, "/directory/import", "/directory", bad)
    assert "Nothing was taken over" in page
    assert "<td>3</td><td><bdi>cost</bdi></td>" in page
    assert "1 entries taken over." in upload(manager, "/directory/import", "/directory", as_csv(entry()))
    assert "1 entries taken over." in upload(manager, "/jobs/import", "/jobs", as_csv(row()))
    held = upload(
        manager, "/jobs/import", "/jobs", as_csv(row(reference="f", description="pay a deposit first"))
    )
    assert "signs of fraud" in held
    exported = manager.get("/directory/export.csv")
    assert exported.headers["Content-Disposition"].startswith("attachment")
    assert "sewing-school" in exported.text
    assert "nea-1" in manager.get("/jobs/export.csv").text


def test_jobs_are_found_by_text_in_three_forms(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_listing(session)
        keep_listing(session, reference="bb", province="02", trade="construction", employer_latin="New Road")
    for text, found in (
        ("sewing in Takeo", "Mekong Garment"),
        ("ការងារសំណង់ នៅបាត់ដំបង", "New Road"),
        ("kat der nov takeo", "Mekong Garment"),
    ):
        page = desk.client.get("/console/jobs", query_string={"q": text}).text
        assert found in page
        assert ("Mekong Garment" in page) != ("New Road" in page)


def test_a_moderator_decides_and_fraud_needs_a_reason(manager: Desk, database: Database) -> None:
    with database.transaction() as session:
        number = keep_listing(session, description="send a deposit first").id
    page = f"/jobs/{number}"
    manager.post(f"{page}/decide", page, decision="publish")
    with database.reading() as session:
        assert session.get_one(Listing, number).state == "pending"
    manager.post(f"{page}/decide", page, decision="publish", reason="visited the employer")
    with database.reading() as session:
        assert session.get_one(Listing, number).state == "published"


def test_an_operator_neither_sees_nor_decides_what_isnt_published(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        number = keep_listing(session, description="send a deposit first").id
    assert desk.get(f"/jobs/{number}").status_code == 404
    assert desk.post(f"/jobs/{number}/decide", "/jobs", decision="publish", reason="x").status_code == 403
    assert "Mekong" not in desk.get("/jobs?state=pending").text


def test_an_employers_link_is_shown_once_and_revoked(manager: Desk, database: Database) -> None:
    page = manager.post("/jobs/links", "/jobs", employer="Bassac").text
    token = re.search(r"/partners/jobs/([\w-]+)", page)
    assert token
    assert token[1] not in manager.get("/jobs").text
    assert manager.client.get(f"/partners/jobs/{token[1]}").status_code == 200
    with database.reading() as session:
        link = session.query(EmployerLink).one().id
    manager.post(f"/jobs/links/{link}/revoke", "/jobs")
    assert manager.client.get(f"/partners/jobs/{token[1]}").status_code == 404


def conversation_with(database: Database, desk: Desk) -> int:
    with database.transaction() as session:
        contact: Contact = inbox.find_or_create_contact(session, Channel.SMS, "+85510000001")
        contact.form = "en"  # type: ignore[assignment]
        conversation = Conversation(
            contact_id=contact.id,
            state=State.WITH_OPERATOR,
            operator_id=desk.operator_id,
            not_understood=0,
            pages=0,
        )
        session.add(conversation)
        session.flush()
        return conversation.id


def refer(desk: Desk, conversation: int, service: int, **fields: str | list[str]) -> str:
    page = f"/conversations/{conversation}/referrals/{service}"
    data = {"csrf_token": desk.token(page), "basis": "asked", "need": "training", **fields}
    return desk.client.post(f"/console{page}", data=data, follow_redirects=True).text


def test_an_operator_refers_with_exactly_the_ticked_fields(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session, referral_method="sms", referral_address="012 999 888")
    conversation = conversation_with(database, desk)
    found = desk.get(f"/conversations/{conversation}/referrals/new?need=training&province=21").text
    assert "Sewing school" in found
    number = service_id(database)
    form = desk.get(f"/conversations/{conversation}/referrals/{number}").text
    assert "May we give Sewing school only this" in form
    page = refer(
        desk,
        conversation,
        number,
        share=["phone", "name"],
        phone="+85510000001",
        name="Srey",
        note="not ticked",
        province="21",
    )
    assert "Sent to the partner" in page
    with database.reading() as session:
        referral = session.query(Referral).one()
        assert referral.shared == {"phone": "+85510000001", "need": "training", "name": "Srey"}
        assert referral.operator_id == desk.operator_id
        texts = [m.body for m in session.query(Message).filter_by(kind="partner")]
        assert len(texts) == 1
        assert "/partners/r/" in texts[0]
    assert "Sewing school" in desk.get(f"/referrals/{referral.id}").text


def test_without_a_yes_or_a_reason_nothing_is_sent(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session, referral_method="phone")
    conversation, number = conversation_with(database, desk), service_id(database)
    shared = {"share": ["phone"], "phone": "+85510000001"}
    assert "Say how the person agreed." in refer(desk, conversation, number, **shared, basis="")
    assert "Write the reason" in refer(desk, conversation, number, **shared, basis="emergency")
    with database.reading() as session:
        assert session.query(Referral).count() == 0
    shown = refer(desk, conversation, number, **shared, basis="emergency", reason="bleeding, cannot write")
    assert "/partners/r/" in shown
    with database.reading() as session:
        assert session.query(Referral).one().consent_id


def test_a_code_is_shown_once_and_taking_back_closes_the_page(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session, referral_method="phone")
    conversation, number = conversation_with(database, desk), service_id(database)
    shown = refer(desk, conversation, number, share=["phone"], phone="+85510000001")
    token = re.search(r"/partners/r/([\w-]+)", shown)
    assert token
    with database.reading() as session:
        referral = session.query(Referral).one().id
    page = f"/referrals/{referral}"
    code = re.search(r'class="secret">(\d{6})<', desk.post(f"{page}/code", page).text)
    assert code
    assert code[1] not in desk.get(page).text
    partner = desk.client.application.test_client()
    assert partner.post(f"/partners/r/{token[1]}/open", data={"code": code[1]}).status_code == 303
    assert "+85510000001" in partner.get(f"/partners/r/{token[1]}").text
    desk.post(f"{page}/withdraw", page)
    assert partner.get(f"/partners/r/{token[1]}").status_code == 404
    assert "nothing any more" in desk.get(page).text


def test_managers_see_steps_but_nothing_that_was_shared(
    desk: Desk, manager: Desk, database: Database
) -> None:
    with database.transaction() as session:
        keep_service(session, referral_method="sms", referral_address="012 999 888")
    refer(
        desk, conversation_with(database, desk), service_id(database), share=["phone"], phone="+85510000001"
    )
    page = manager.get("/referrals").text
    assert "Sewing school" in page
    assert "10000001" not in page
    with database.reading() as session:
        referral = session.query(Referral).one().id
    assert manager.get(f"/referrals/{referral}").status_code == 403
    manager.post(f"/referrals/{referral}/remind", "/referrals")
    with database.reading() as session:
        assert session.query(Message).filter_by(kind="partner").count() == 2


def test_another_operators_team_cant_open_the_referral(desk: Desk, app: Flask, database: Database) -> None:
    with database.transaction() as session:
        keep_service(session, referral_method="phone")
    conversation = conversation_with(database, desk)
    refer(desk, conversation, service_id(database), share=["phone"], phone="+85510000001")
    with database.transaction() as session:
        team = session.query(Team).filter_by(key="womens_desk").one()
        session.get_one(Conversation, conversation).team_id = team.id
        referral = session.query(Referral).one().id
    other = Desk(app, database, "other").sign_in()
    assert other.get(f"/referrals/{referral}").status_code == 404
    answer = other.get(f"/conversations/{conversation}/referrals/new")  # a reason is asked for first
    assert answer.status_code == 302 and f"/conversations/{conversation}/" in answer.location


@pytest.mark.parametrize("area", AREAS)
def test_pages_speak_khmer(desk: Desk, area: str) -> None:
    desk.post("/language", area, language="km", back="/console")
    page = desk.get(area).text
    assert 'lang="km"' in page
    assert "ស្វែងរក" in page


def test_an_organisation_without_a_service_is_kept_edited_and_has_its_history(
    app: Flask, database: Database
) -> None:
    manager = Desk(app, database, "chan", Role.MANAGER).sign_in()
    given = {
        "organisation_key": "village-bank",
        "organisation_km": "ធនាគារភូមិ",
        "organisation_km_Latn": "thoneakea phum",
        "organisation_en": "Village bank",
        "website": "",
    }
    new = "/directory/organisations/new"
    assert manager.post(new, new, **{**given, "website": "javascript:alert(1)"}).status_code == 422
    page = manager.post(new, new, **given).headers["Location"].removeprefix("/console")
    assert "It offers no service yet" in manager.get(page).text
    assert manager.post(new, new, **given).status_code == 422  # the key is taken
    manager.post(page, page, **{**given, "organisation_key": "other", "organisation_en": "Village savings"})
    shown = manager.get(page).text
    assert "<del>Village bank</del>" in shown and "<ins>Village savings</ins>" in shown and "chan" in shown
    assert "Village savings" in manager.get("/directory/organisations").text
    with database.reading() as session:
        kept = session.scalars(select(Organisation).where(Organisation.key == "village-bank")).one()
        assert kept.name_en == "Village savings"
        assert session.scalars(
            select(AuditEvent).where(AuditEvent.subject == f"organisation:{kept.id}")
        ).first()
    reader = Desk(app, database, "dara").sign_in()
    assert reader.get(page).status_code == 200
    assert reader.post(page, "/account", **given).status_code == 403


@pytest.mark.parametrize("field", ["needs", "provinces", "review_due", "confirmed_on"])
def test_what_a_field_does_not_take_is_marked_and_shown_as_it_was_given(manager: Desk, field: str) -> None:
    answer = manager.post("/directory/1", "/account", name_en="A name", **{field: "xyz-1"})
    assert answer.status_code == 422 and 'class="problem"' in answer.text
