"""Every route as every role, signed out, and in every unfinished state of a session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule

from bot.database import Database
from bot.models import Role, StaffSession
from bot.models.columns import now
from bot.permissions import Permission
from console import access
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules, path_of

O, S, M, W, A = Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR  # noqa: E741
FRONT = {O, S}

# Who should have which permission, written down a second time: a slip in bot/permissions.py fails here.
SHOULD_HAVE: dict[str, set[Role]] = {
    "own_account": {O, S, M, W, A},
    "queue_read": FRONT,
    "conversation_read": FRONT,
    "conversation_answer": FRONT,
    "note": FRONT,
    "transfer": FRONT,
    "search": FRONT,
    "search_words": {S},
    "supervise": {S},
    "canned_edit": {S, M},
    "protocols_edit": {M},
    "directory_read": {O, S, M},
    "directory_edit": {M},
    "jobs_moderate": {M},
    "referral_make": FRONT,
    "referral_manage": {S, M},
    "facts_read": {O, S, M, W},
    "facts_edit": {M},
    "facts_approve": {M},
    "words_edit": {M},
    "learning_review": {M},
    "model_switch": {M},
    "insight_read": {S, M, W},
    "insight_export": {M},
    "staff_manage": {A},
    "audit_read": {W},
}

# Routes that show or change conversations, accounts or the trail, and those open to all: exactly these.
ROUTES: dict[str, str] = {
    "console.static": "anyone",
    "console.sign_in_page": "anyone",
    "console.sign_in": "anyone",
    "console.set_language": "anyone",
    "console.home": "own_account",
    "console.missing": "own_account",
    "console.code_page": "own_account",
    "console.give_code": "own_account",
    "console.sign_out": "own_account",
    "console.account_page": "own_account",
    "console.end_sessions": "own_account",
    "console.password_page": "own_account",
    "console.choose_password": "own_account",
    "console.set_up_page": "own_account",
    "console.confirm_set_up": "own_account",
    "console.renew_codes": "own_account",
    "console.active": "own_account",
    "console.session_state": "own_account",
    "console.prove_page": "own_account",
    "console.prove": "own_account",
    "console.lock_page": "own_account",
    "console.lock": "own_account",
    "console.unlock": "own_account",
    "console.queue_page": "queue_read",
    "console.queue_rows": "queue_read",
    "console.claim": "conversation_answer",
    "console.conversation_page": "conversation_read",
    "console.conversation_messages": "conversation_read",
    "console.reply": "conversation_answer",
    "console.note": "note",
    "console.close": "conversation_answer",
    "console.hand_back": "conversation_answer",
    "console.search_page": "search",
    "console.search": "search",
    "console.glass_page": "conversation_read",
    "console.break_glass": "conversation_read",
    "console.openings_page": "supervise",
    "console.review_opening": "supervise",
    "console.staff_page": "staff_manage",
    "console.staff_add": "staff_manage",
    "console.staff_account": "staff_manage",
    "console.staff_change": "staff_manage",
    "console.staff_reset": "staff_manage",
    "console.staff_disable": "staff_manage",
    "console.trail_page": "audit_read",
    "console.verify_trail": "audit_read",
}


def decision(app: Flask, endpoint: str) -> str:
    return "anyone" if access.is_open(app, endpoint) else str(access.permission_for(app, endpoint))


def closed_rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule that isn't open to anyone, with each of its methods."""
    for rule in console_rules(app):
        if not access.is_open(app, rule.endpoint):
            yield from ((rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def test_every_permission_is_in_the_table() -> None:
    assert set(SHOULD_HAVE) == {str(permission) for permission in Permission}


def test_routes_have_the_permission_that_the_table_gives_them(app: Flask) -> None:
    there = {rule.endpoint for rule in console_rules(app)}
    wrong = {e: decision(app, e) for e, wanted in ROUTES.items() if e in there and decision(app, e) != wanted}
    assert wrong == {}


def test_no_other_route_is_open_to_everybody_or_to_every_role(app: Flask) -> None:
    wide = {
        e for e in (r.endpoint for r in console_rules(app)) if decision(app, e) in ("anyone", "own_account")
    }
    assert wide <= set(ROUTES), "whoever opens a route to all writes it into ROUTES"


@pytest.mark.parametrize("role", list(Role))
def test_each_route_lets_in_the_roles_of_the_table_and_no_others(
    app: Flask, database: Database, role: Role
) -> None:
    """Posts come without a CSRF token: who may get as far as that check gets 400, all others 403."""
    waiting = new_waiting(database, "please help me")
    desk = Desk(app, database, role, role).sign_in()
    wrong = []
    for rule, method in closed_rules(app):
        allowed = role in SHOULD_HAVE[decision(app, rule.endpoint)]
        path = path_of(app, rule, conversation_id=waiting)
        if method == "GET":
            if allowed and "event" in rule.endpoint:
                continue  # an endless answer; that it is refused to others is tested
            answer = desk.client.get(path, buffered=False)
            fine = (
                answer.status_code in (200, 204, 302, 304, 400, 404) if allowed else answer.status_code == 403
            )
            fine = fine and "/sign-in" not in answer.headers.get("Location", "")
        else:
            answer = desk.client.open(path, method=method, data={"text": "x"})
            fine = answer.status_code == (400 if allowed else 403)
        answer.close()
        if not fine:
            wrong.append((rule.endpoint, method, answer.status_code))
    assert wrong == []


def sent_to(app: Flask, desk: Desk, rule: Rule, method: str) -> str:
    answer = desk.client.open(path_of(app, rule), method=method, data={"text": "x"}, buffered=False)
    answer.close()
    return answer.headers.get("Location", str(answer.status_code))


def test_a_stranger_and_a_made_up_session_reach_nothing(app: Flask, database: Database) -> None:
    stranger = Desk(app, database)
    for token in (None, "made-up-token"):
        if token:
            stranger.client.set_cookie("phlov_staff", token, path="/console")
        for rule, method in closed_rules(app):
            assert sent_to(app, stranger, rule, method).endswith("/console/sign-in"), rule.rule


def test_before_the_own_password_nothing_is_reached(app: Flask, database: Database) -> None:
    desk = Desk(app, database, role=Role.SUPERVISOR)
    desk.post("/sign-in", name=desk.name, password=desk.password)
    own = {"console.password_page", "console.choose_password", "console.sign_out", "console.session_state"}
    for rule, method in closed_rules(app):
        if rule.endpoint not in own:
            assert sent_to(app, desk, rule, method).endswith("/console/password"), rule.rule


def test_while_locked_nothing_is_reached(app: Flask, desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.execute(update(StaffSession).values(active_at=now() - timedelta(minutes=6)))
    own = {"console.lock_page", "console.lock", "console.unlock", "console.sign_out", "console.session_state"}
    for rule, method in closed_rules(app):
        if rule.endpoint not in own:
            assert "/console/lock?" in sent_to(app, desk, rule, method), rule.rule


def test_an_ended_session_of_somebody_else_opens_nothing(app: Flask, desk: Desk) -> None:
    cookie = desk.client.get_cookie("phlov_staff", path="/console")
    assert cookie
    desk.post("/sign-out", "/queue")
    thief = app.test_client()
    thief.set_cookie("phlov_staff", cookie.value, path="/console")
    assert thief.get("/console/queue").headers["Location"].endswith("/console/sign-in")
