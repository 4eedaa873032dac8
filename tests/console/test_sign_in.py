"""Signing in: the app's code, recovery codes, the lock, the list of browsers, and the staff page."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, text, update

from bot import operators, second_factor
from bot.database import Database
from bot.models import AuditEvent, Operator, Role, StaffSession
from bot.models.columns import now
from bot.settings import Settings
from tests.console.conftest import ON_BOTH, OWN_PASSWORD, Desk
from web import create_app

pytestmark = ON_BOTH


def app_of(desk: Desk) -> pyotp.TOTP:
    """Turns the second factor on; the app on the operator's phone."""
    page = desk.get("/second-factor").text
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    assert secret
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    answer = desk.post("/second-factor", "/second-factor", code=app.now())
    assert answer.status_code == 200
    desk.recovery_codes = re.findall(r'<code dir="ltr">([a-z0-9-]+)</code>', answer.text)  # type: ignore[attr-defined]
    return app


def later(app: pyotp.TOTP) -> str:
    """The code of the next step, so that it wasn't used yet."""
    return app.generate_otp(app.timecode(now()) + 1)


def sign_in_again(desk: Desk) -> None:
    desk.client.delete_cookie("phlov_staff", path="/console")
    desk.post("/sign-in", name=desk.name, password=OWN_PASSWORD)


def test_with_the_app_a_sign_in_needs_its_code_and_a_code_works_once(desk: Desk) -> None:
    app = app_of(desk)
    sign_in_again(desk)
    assert desk.get("/queue").headers["Location"].endswith("/console/code")
    assert desk.post("/code", "/code", code="000000").status_code == 401
    code = later(app)
    desk.post("/code", "/code", code=code)
    assert desk.get("/queue").status_code == 200
    sign_in_again(desk)
    assert desk.post("/code", "/code", code=code).status_code == 401
    assert desk.get("/queue").status_code == 302


def test_before_the_code_no_page_and_no_form_is_open(desk: Desk, waiting: int) -> None:
    app_of(desk)
    sign_in_again(desk)
    for path in ("/queue", f"/conversations/{waiting}", "/account", "/password", "/second-factor"):
        assert desk.get(path).headers["Location"].endswith("/console/code"), path
    answer = desk.post(f"/conversations/{waiting}/claim", "/code")
    assert answer.headers["Location"].endswith("/console/code")


def test_ten_recovery_codes_work_once_each_and_only_their_hashes_are_kept(desk: Desk) -> None:
    app_of(desk)
    codes: list[str] = desk.recovery_codes  # type: ignore[attr-defined]
    assert len(codes) == len(set(codes)) == 10
    sign_in_again(desk)
    desk.post("/code", "/code", code=codes[0].upper())
    assert "9 recovery codes are left" in desk.get("/account").text
    sign_in_again(desk)
    assert desk.post("/code", "/code", code=codes[0]).status_code == 401
    with desk.database.engine.connect() as connection:
        stored = repr(connection.execute(text("SELECT * FROM recovery_code")).all())
        secrets = repr(connection.execute(text("SELECT totp_secret FROM operator")).all())
    assert not any(code in stored for code in codes)
    with desk.database.reading() as session:
        secret = session.get_one(Operator, desk.operator_id).totp_secret
    assert secret and secret not in secrets


def test_new_recovery_codes_need_a_present_code_and_end_the_old_ones(desk: Desk) -> None:
    app = app_of(desk)
    old = desk.recovery_codes[0]  # type: ignore[attr-defined]
    desk.post("/second-factor/recovery", "/account", code="000000")
    with desk.database.transaction() as session:
        assert second_factor.recovery_codes_left(session, session.get_one(Operator, desk.operator_id)) == 10
    desk.post("/second-factor/recovery", "/account", code=later(app))
    sign_in_again(desk)
    assert desk.post("/code", "/code", code=old).status_code == 401


def test_wrong_codes_end_that_session_and_no_other(desk: Desk, app: Flask) -> None:
    app_of(desk)
    thief = Desk.__new__(Desk)
    thief.client, thief.database, thief.name = app.test_client(), desk.database, desk.name
    thief.post("/sign-in", name=desk.name, password=OWN_PASSWORD)
    answers = [thief.post("/code", "/code", code="000000") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [302]
    assert thief.get("/code").headers["Location"].endswith("/console/sign-in")
    assert desk.get("/queue").status_code == 200


def test_where_the_second_factor_is_required_nothing_opens_before_it(
    environment: dict[str, str], settings: Settings, database: Database
) -> None:
    import dataclasses

    strict = create_app(dataclasses.replace(settings, second_factor_required=True), database)
    desk = Desk(strict, database).sign_in()
    assert desk.get("/queue").headers["Location"].endswith("/console/second-factor")
    app_of(desk)
    assert desk.get("/queue").status_code == 200


def test_a_reset_takes_password_app_and_sessions_away(desk: Desk) -> None:
    app_of(desk)
    with desk.database.transaction() as session:
        password = operators.reset(session, desk.name)
    assert desk.get("/queue").headers["Location"].endswith("/console/sign-in")
    desk.post("/sign-in", name=desk.name, password=password)
    assert desk.get("/queue").headers["Location"].endswith("/console/password")


def make_idle(desk: Desk, minutes: int = 6) -> None:
    with desk.database.transaction() as session:
        session.execute(update(StaffSession).values(active_at=now() - timedelta(minutes=minutes)))


def test_after_five_idle_minutes_nothing_is_shown_until_the_operator_proves_to_be_it(
    desk: Desk, waiting: int
) -> None:
    page = f"/conversations/{waiting}"
    make_idle(desk)
    assert desk.get(page).headers["Location"].endswith(f"/console/lock?back=/console{page}")
    locked = desk.get(f"/lock?back=/console{page}").text
    assert "please help me" not in locked and "violence" not in locked
    assert desk.post("/unlock", "/lock", secret="wrong", back=f"/console{page}").status_code == 401
    assert (
        desk.post("/unlock", "/lock", secret=OWN_PASSWORD, back=f"/console{page}")
        .headers["Location"]
        .endswith(page)
    )
    assert "please help me" in desk.get(page).text


def test_a_locked_session_unlocks_with_a_code_and_ends_after_five_wrong_ones(desk: Desk) -> None:
    app = app_of(desk)
    make_idle(desk)
    desk.post("/unlock", "/lock", secret=later(app), back="/console/queue")
    assert desk.get("/queue").status_code == 200
    make_idle(desk)
    for _ in range(5):
        desk.post("/unlock", "/lock", secret="wrong")
    assert desk.get("/queue").headers["Location"].endswith("/console/sign-in")


def test_pages_that_refresh_themselves_do_not_keep_the_session_open(desk: Desk, waiting: int) -> None:
    make_idle(desk, 4)
    desk.get("/queue/rows?poll=1")
    desk.get("/session")
    with desk.database.reading() as session:
        found = session.scalars(select(StaffSession).where(StaffSession.ended_at.is_(None))).one()
        assert now() - found.active_at > timedelta(minutes=3)
    assert desk.get("/session").json["seconds_left"] <= 60  # type: ignore[index]
    desk.client.post("/console/active", headers={"X-CSRFToken": desk.token("/account")})
    assert desk.get("/session").json["seconds_left"] > 200  # type: ignore[index]


def test_a_refresh_in_a_locked_page_leads_to_the_lock_and_back_to_the_page(desk: Desk) -> None:
    make_idle(desk)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/console/conversations/1"}
    answer = desk.client.get("/console/queue/rows?poll=1", headers=headers)
    assert answer.headers["HX-Redirect"] == "/console/lock?back=/console/conversations/1"


@pytest.mark.parametrize("back", ["https://bad.example", "//bad.example", "/console/\\bad", "/console//x@y"])
def test_unlocking_leads_to_the_consoles_own_pages_only(desk: Desk, back: str) -> None:
    make_idle(desk)
    answer = desk.post("/unlock", "/lock", secret=OWN_PASSWORD, back=back)
    assert answer.headers["Location"] == "/console/"


def test_the_lock_button_locks_at_once(desk: Desk) -> None:
    desk.post("/lock", "/queue", back="/console/queue")
    assert "/console/lock" in desk.get("/queue").headers["Location"]


def test_an_operator_sees_their_browsers_and_signs_one_out_or_all_others(desk: Desk, app: Flask) -> None:
    others = []
    for _ in range(2):
        other = Desk.__new__(Desk)
        other.client, other.database, other.name = app.test_client(), desk.database, desk.name
        other.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android 14; Mobile) Firefox/130.0"
        other.post("/sign-in", name=desk.name, password=OWN_PASSWORD)
        others.append(other)
    page = desk.get("/account").text
    assert page.count("Firefox · Android") == 2
    name = re.search(r'name="session" value="(\w+)"', page)
    assert name
    desk.post("/account/sessions", "/account", session=name[1])
    assert sorted(other.get("/queue").status_code for other in others) == [200, 302]
    desk.post("/account/sessions", "/account")
    assert [other.get("/queue").status_code for other in others] == [302, 302]
    assert desk.get("/queue").status_code == 200


def test_changing_an_own_password_needs_the_present_one(desk: Desk) -> None:
    new = "another road to the sea"
    assert desk.post("/password", "/password", password=new, again=new, old="x").status_code == 401
    desk.post("/password", "/password", password=new, again=new, old=OWN_PASSWORD)
    desk.client.delete_cookie("phlov_staff", path="/console")
    assert desk.post("/sign-in", name=desk.name, password=new).status_code == 302
    assert desk.get("/queue").status_code == 200


@pytest.fixture
def administrator(app: Flask, database: Database) -> Desk:
    desk = Desk(app, database, "admin", Role.ADMINISTRATOR)
    return desk.sign_in()


def operator_named(database: Database, name: str) -> Operator:
    with database.reading() as session:
        return operators.by_name(session, name)


def test_an_administrator_adds_an_account_and_its_password_is_shown_once(
    administrator: Desk, app: Flask
) -> None:
    shown = administrator.post("/staff", "/staff", name="dara", role="manager", team="womens_desk").text
    password = re.search(r'<code dir="ltr">([a-z0-9-]+)</code>', shown)
    assert password and password[1] not in administrator.get("/staff").text
    added = operator_named(administrator.database, "dara")
    assert (added.role, [team.key for team in added.teams]) == ("manager", ["womens_desk"])
    other = Desk.__new__(Desk)
    other.client, other.database, other.name = app.test_client(), administrator.database, "dara"
    assert other.post("/sign-in", name="dara", password=password[1]).status_code == 302
    with administrator.database.reading() as session:
        entry = session.scalars(select(AuditEvent).where(AuditEvent.action == "operator_add")).all()[-1]
    assert entry.actor == f"operator:{administrator.operator_id}"


@pytest.mark.parametrize("name", ["", "x" * 41, "a\u202eb", "a\nb"])
def test_a_name_that_nobody_could_read_is_refused(administrator: Desk, name: str) -> None:
    assert administrator.post("/staff", "/staff", name=name, role="operator").status_code == 400


def test_a_change_of_role_takes_effect_at_once_and_signs_out(administrator: Desk, desk: Desk) -> None:
    administrator.post(f"/staff/{desk.operator_id}", f"/staff/{desk.operator_id}", role="auditor")
    changed = operator_named(desk.database, desk.name)
    assert changed.role == "auditor" and changed.teams == []
    assert desk.get("/queue").headers["Location"].endswith("/console/sign-in")


def test_nobody_raises_disables_or_resets_themselves(administrator: Desk) -> None:
    own = f"/staff/{administrator.operator_id}"
    administrator.post(own, "/staff", role="supervisor")
    administrator.post(f"{own}/disable", "/staff")
    administrator.post(f"{own}/reset", "/staff")
    account = operator_named(administrator.database, "admin")
    assert account.role == "administrator" and account.disabled_at is None and not account.one_time
    assert "their own account" in administrator.get(own).text


def test_the_last_administrator_stays(database: Database) -> None:
    with database.transaction() as session:
        operators.add(session, "one", Role.ADMINISTRATOR)
        operators.add(session, "two", Role.ADMINISTRATOR)
        operators.disable(session, "one")
        with pytest.raises(operators.LastAdministrator):
            operators.disable(session, "two")
        with pytest.raises(operators.LastAdministrator):
            operators.change(session, "two", Role.OPERATOR, [])


def test_a_one_time_password_leads_to_an_own_one_before_anything_else(app: Flask, database: Database) -> None:
    desk = Desk(app, database)
    assert desk.post("/sign-in", name=desk.name, password=desk.password).status_code == 302
    assert desk.get("/queue").headers["Location"].endswith("/console/password")
    assert desk.post("/password", "/password", password="short", again="short").status_code == 400
    assert desk.post("/password", "/password", password=OWN_PASSWORD, again="other").status_code == 400
    desk.post("/password", "/password", password=OWN_PASSWORD, again=OWN_PASSWORD)
    assert desk.get("/queue").status_code == 200


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(app: Flask, database: Database) -> None:
    desk = Desk(app, database)
    wrong = desk.post("/sign-in", name=desk.name, password="wrong")
    unknown = desk.post("/sign-in", name="nobody", password="wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert "Name or password is wrong" in wrong.text or "មិនត្រូវ" in wrong.text
    with database.reading() as session:
        failed = session.scalars(select(AuditEvent).where(AuditEvent.action == "sign_in_failed")).all()
    assert len(failed) == 2


def test_guessing_is_slowed_down_and_locks_nobody_else_out(app: Flask, database: Database) -> None:
    guesser, other = Desk(app, database, "sokha"), Desk(app, database, "dara")
    codes = [guesser.post("/sign-in", name="sokha", password="guess").status_code for _ in range(8)]
    assert codes[:5] == [401] * 5 and set(codes[5:]) == {429}
    assert other.post("/sign-in", name="dara", password=other.password).status_code == 302


def test_signing_out_and_disabling_end_the_session(desk: Desk) -> None:
    from bot import operators

    with desk.database.transaction() as session:
        operators.disable(session, desk.name)
    assert desk.get("/queue").headers["Location"].endswith("/console/sign-in")


def test_the_session_token_changes_at_sign_in_and_is_not_in_the_database(desk: Desk) -> None:
    cookie = desk.client.get_cookie("phlov_staff", path="/console")
    assert cookie and cookie.http_only and cookie.same_site == "Strict"
    with desk.database.reading() as session:
        from bot.models import StaffSession

        assert cookie.value not in [s.token_hash for s in session.scalars(select(StaffSession))]
