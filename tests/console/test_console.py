"""The console's promises: closed to strangers, one winner, nothing sent twice, nothing executed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text

from bot.database import Database
from bot.models import AuditEvent, Contact, Conversation, Direction, Message, Note, Role, State
from bot.models.columns import now
from bot.permissions import PERMISSIONS
from console import access
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules, path_of

OPEN = {"console.sign_in_page", "console.sign_in", "console.static", "console.set_language"}


def outgoing(database: Database) -> list[Message]:
    with database.reading() as session:
        query = select(Message).where(Message.direction == Direction.OUT).order_by(Message.id)
        return list(session.scalars(query))


def test_every_page_but_the_sign_in_is_closed_to_strangers(app: Flask, database: Database) -> None:
    stranger = app.test_client()
    for rule in console_rules(app):
        if rule.endpoint in OPEN:
            continue
        path = path_of(app, rule)
        answer = stranger.get(path)
        if answer.status_code != 405:
            assert answer.headers.get("Location", "").endswith("/console/sign-in"), path
            assert b"conversation" not in answer.data.lower()


def test_a_form_without_its_token_changes_nothing(app: Flask, desk: Desk, waiting: int) -> None:
    for rule in console_rules(app):
        if "POST" in (rule.methods or ()):
            permission = access.permission_for(app, rule.endpoint)
            allowed = permission is None or permission in PERMISSIONS[Role.OPERATOR]
            path = path_of(app, rule, conversation_id=waiting)
            expected = 400 if allowed else 403
            assert desk.client.post(path, data={"text": "x"}).status_code == expected, path
    with desk.database.reading() as session:
        assert session.get_one(Conversation, waiting).state == State.WAITING


def test_the_queue_shows_who_waits_and_nothing_of_what_they_wrote(desk: Desk, waiting: int) -> None:
    page = desk.get("/queue").text
    assert "violence or abuse" in page and "(1)" in page
    assert "please help me" not in page and "10000001" not in page


def test_the_most_urgent_come_first(desk: Desk) -> None:
    late = new_waiting(desk.database, "a", "+85510000002", priority=4)
    urgent = new_waiting(desk.database, "b", "+85510000003", priority=1)
    page = desk.get("/queue").text
    assert page.index(f'data-row="{urgent}"') < page.index(f'data-row="{late}"')


def test_nothing_is_sent_again_while_nothing_changed(desk: Desk, waiting: int) -> None:
    page = desk.get("/queue/rows").text
    version = page.split("version=")[1].split("&")[0]
    assert desk.get(f"/queue/rows?version={version}").status_code == 204


def test_one_of_two_operators_wins_and_the_other_reads_who(app: Flask, desk: Desk, waiting: int) -> None:
    other = Desk(app, desk.database, "dara").sign_in()
    assert desk.post(f"/conversations/{waiting}/claim", "/queue").headers["Location"].endswith(str(waiting))
    other.post(f"/conversations/{waiting}/claim", "/queue")
    assert "sokha was faster" in other.get("/queue").text


def test_a_reply_goes_out_once_even_when_sent_twice(desk: Desk, waiting: int) -> None:
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    for _ in range(2):
        desk.post(f"/conversations/{waiting}/reply", f"/conversations/{waiting}", text="hello", form_key="k1")
    desk.post(f"/conversations/{waiting}/reply", f"/conversations/{waiting}", text="hello", form_key="k2")
    assert [m.body for m in outgoing(desk.database)] == ["hello", "hello"]


def test_only_the_owner_may_answer(app: Flask, desk: Desk, waiting: int) -> None:
    desk.post(f"/conversations/{waiting}/reply", f"/conversations/{waiting}", text="hi", form_key="k")
    assert outgoing(desk.database) == []
    assert "isn&#39;t yours" in desk.get("/queue").text


def test_a_person_who_stopped_gets_nothing_and_the_operator_reads_why(desk: Desk, waiting: int) -> None:
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    with desk.database.transaction() as session:
        session.scalars(select(Contact)).one().stopped_at = now()
    desk.post(f"/conversations/{waiting}/reply", f"/conversations/{waiting}", text="hi", form_key="k")
    assert outgoing(desk.database) == []
    assert "asked us to stop" in desk.get("/queue").text


def test_a_note_is_kept_and_never_sent(desk: Desk, waiting: int) -> None:
    desk.post(f"/conversations/{waiting}/note", f"/conversations/{waiting}", text="call the clinic")
    assert outgoing(desk.database) == []
    with desk.database.reading() as session:
        assert session.scalars(select(Note)).one().body == "call the clinic"
    assert "call the clinic" in desk.get(f"/conversations/{waiting}").text


def test_closing_needs_an_outcome(desk: Desk, waiting: int) -> None:
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    desk.post(f"/conversations/{waiting}/close", f"/conversations/{waiting}", outcome="")
    with desk.database.reading() as session:
        assert session.get_one(Conversation, waiting).state == State.WITH_OPERATOR
    ending = {"outcome": "helped", "topics": "gbv", "note": "she is safe with her sister"}
    desk.post(f"/conversations/{waiting}/close", f"/conversations/{waiting}", **ending)
    with desk.database.reading() as session:
        assert session.get_one(Conversation, waiting).state == State.CLOSED


def test_handing_back_tells_the_person(desk: Desk, waiting: int) -> None:
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    desk.post(f"/conversations/{waiting}/hand-back", f"/conversations/{waiting}")
    with desk.database.reading() as session:
        assert session.get_one(Conversation, waiting).state == State.BOT
    assert "answers again" in outgoing(desk.database)[0].body


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{7*7}}", "\u202edrow"]
)
def test_what_people_write_is_shown_and_never_run(desk: Desk, text: str) -> None:
    conversation = new_waiting(desk.database, text, "+85510000009")
    page = desk.get(f"/conversations/{conversation}").text
    assert "<script>alert" not in page and "<img" not in page and ">49<" not in page


def test_reading_a_conversation_is_audited(desk: Desk, waiting: int) -> None:
    desk.get(f"/conversations/{waiting}")
    with desk.database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "read")).first()


@pytest.mark.parametrize("path", ["/sign-in", "/queue", "/conversations/1", "/nothing", "/password"])
def test_every_page_forbids_scripts_of_others_frames_and_caching(desk: Desk, waiting: int, path: str) -> None:
    headers = desk.get(path).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_not_there_says_what_to_do_in_the_operators_language(desk: Desk) -> None:
    assert "isn&#39;t here" in desk.get("/conversations/999").text
    desk.post("/language", "/queue", language="km", back="/console/queue")
    assert "រកមិនឃើញ" in desk.get("/conversations/999").text


def test_the_audit_trail_shows_tampering(desk: Desk, waiting: int) -> None:
    from bot import audit

    desk.get(f"/conversations/{waiting}")
    with desk.database.transaction() as session:
        assert audit.first_broken(session) is None
        session.execute(text("DROP TRIGGER audit_event_no_update"))  # as who holds the file could
        entry = session.scalars(select(AuditEvent)).first()
        assert entry
        entry.action = "nothing"
        session.flush()
        assert audit.first_broken(session) == entry.id
