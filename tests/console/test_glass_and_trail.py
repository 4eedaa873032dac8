"""Opening another team's conversation with a reason, and what supervisors and auditors see of it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from bot.models import AuditEvent, Conversation, Message, Opening, Operator, Role, Team
from bot.models.columns import now
from bot.teams import WOMENS_DESK
from tests.console.conftest import ON_BOTH, Desk
from tests.console.test_access import with_team

pytestmark = ON_BOTH

REASON = "her sister called and asked for news"


@pytest.fixture
def theirs(desk: Desk, waiting: int) -> str:
    """The page of a conversation that another team has."""
    with_team(desk.database, waiting, WOMENS_DESK)
    return f"/conversations/{waiting}"


def test_another_teams_conversation_asks_for_a_reason_and_tells_nothing_before(
    desk: Desk, theirs: str
) -> None:
    assert desk.get(theirs).headers["Location"].endswith(f"{theirs}/open")
    page = desk.get(f"{theirs}/open").text
    assert "Women&#39;s desk" in page and "please help me" not in page and "violence" not in page
    assert desk.post(f"{theirs}/open", f"{theirs}/open", reason="why not").status_code == 400
    assert desk.get(theirs).status_code == 302


def test_a_reason_opens_it_for_a_while_for_that_operator_alone(app: Flask, desk: Desk, theirs: str) -> None:
    desk.post(f"{theirs}/open", f"{theirs}/open", reason=REASON)
    assert "please help me" in desk.get(theirs).text
    assert Desk(app, desk.database, "dara").sign_in().get(theirs).status_code == 302
    with desk.database.transaction() as session:
        session.execute(update(Opening).values(until=now()))
    assert desk.get(theirs).status_code == 302


def test_the_reason_is_encrypted_audited_and_read_by_another_supervisor(
    app: Flask, desk: Desk, theirs: str
) -> None:
    desk.post(f"{theirs}/open", f"{theirs}/open", reason=REASON)
    with desk.database.engine.connect() as connection:
        assert REASON not in repr(connection.execute(text("SELECT * FROM opening")).all())
        assert REASON not in repr(connection.execute(text("SELECT * FROM audit_event")).all())
    with desk.database.reading() as session:
        entry = session.scalars(select(AuditEvent).where(AuditEvent.action == "break_glass")).one()
        assert entry.actor == f"operator:{desk.operator_id}"
    supervisor = Desk(app, desk.database, "chief", Role.SUPERVISOR).sign_in()
    assert REASON in supervisor.get("/openings").text
    supervisor.post("/openings/1", "/openings")
    assert "chief ·" in supervisor.get("/openings").text
    assert desk.get("/openings").status_code == 403


def test_nobody_who_may_not_read_conversations_gets_in_with_a_reason(
    app: Flask, desk: Desk, theirs: str
) -> None:
    for role in (Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR):
        other = Desk(app, desk.database, role, role).sign_in()
        assert other.post(f"{theirs}/open", "/account", reason=REASON).status_code == 403
        assert other.get(theirs).status_code == 403


@pytest.fixture
def auditor(app: Flask, desk: Desk) -> Desk:
    return Desk(app, desk.database, "watcher", Role.AUDITOR).sign_in()


def test_an_auditor_finds_who_did_what_and_no_text(auditor: Desk, desk: Desk, waiting: int) -> None:
    desk.get(f"/conversations/{waiting}")
    page = auditor.get(f"/trail?what=read&who=operator:{desk.operator_id}").text
    assert f"conversation:{waiting}" in page and "please help me" not in page
    rows = page.split("<tbody>")[1]
    assert "sign_in" not in rows
    assert "<tr>" not in auditor.get("/trail?until=2020-01-01").text.split("<tbody>")[1]
    assert auditor.get("/trail?since=yesterday").status_code == 400


def test_the_trail_is_read_in_pages(auditor: Desk, desk: Desk, waiting: int) -> None:
    from bot import audit

    with desk.database.transaction() as session:
        for number in range(120):
            audit.record(session, None, "test", f"thing:{number}")
    first = auditor.get("/trail?what=test").text
    assert first.count("<td>test</td>") == 100
    older = first.split('data-key="o"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert auditor.get(older.removeprefix("/console")).text.count("<td>test</td>") == 20


def test_an_auditor_learns_whether_somebody_tampered(auditor: Desk, desk: Desk) -> None:
    auditor.post("/trail/verify", "/trail")
    assert "The trail is whole" in auditor.get("/trail").text
    trigger = "update" if desk.database.is_sqlite else "change ON audit_event"
    with desk.database.transaction() as session:
        session.execute(text(f"DROP TRIGGER audit_event_no_{trigger}"))  # as who holds the database could
        entry = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).first()
        assert entry
        entry.subject = "operator:99"
    auditor.post("/trail/verify", "/trail")
    assert f"BROKEN at entry {entry.id}" in auditor.get("/trail").text


def openings_used(desk: Desk) -> list[tuple[str, str]]:
    """What the trail says was done by right of an opening."""
    with desk.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.detail.contains("opening:")).order_by(AuditEvent.id)
        return [(entry.action, entry.detail) for entry in session.scalars(query)][1:]


def state_of(desk: Desk, path: str) -> tuple[str, int | None, str | None]:
    with desk.database.reading() as session:
        found = session.get_one(Conversation, int(path.rsplit("/", 1)[1]))
        return found.state, found.operator_id, found.team.key if found.team else None


def test_an_opened_conversation_is_claimed_and_answered_and_the_trail_says_by_what_right(
    app: Flask, desk: Desk, theirs: str
) -> None:
    desk.post(f"{theirs}/claim", "/queue")
    assert state_of(desk, theirs)[:2] == ("waiting", None), "without a reason there is no claim"
    desk.post(f"{theirs}/open", f"{theirs}/open", reason=REASON)
    page = desk.get(theirs).text
    assert "You see this by an opening" in page and "Claim this conversation" in page
    desk.post(f"{theirs}/claim", theirs)
    assert state_of(desk, theirs)[:2] == ("with_operator", desk.operator_id)
    assert openings_used(desk) == [("claim", "opening:1")]
    with desk.database.transaction() as session:
        session.execute(update(Opening).values(until=now()))
    desk.post(f"{theirs}/reply", theirs, text="I am here", form_key="k")
    with desk.database.reading() as session:
        sent = session.scalars(select(Message).where(Message.author == "operator")).all()
        assert [message.body for message in sent] == ["I am here"]
    dara = Desk(app, desk.database, "dara").sign_in()
    assert dara.get(theirs).status_code == 302, "it is open to nobody else"


def test_an_opened_conversation_is_passed_to_an_own_team_or_up_and_nowhere_else(
    desk: Desk, theirs: str
) -> None:
    with desk.database.transaction() as session:
        own = session.scalars(select(Team).where(Team.key == "thai_speakers")).one()
        operator = session.get_one(Operator, desk.operator_id)
        operator.teams = [own]
    give = {"note": "she speaks Thai", "path": f"{theirs}/transfer"}
    desk.post(give["path"], "/queue", to="team:thai_speakers", note=give["note"])
    assert state_of(desk, theirs)[2] == WOMENS_DESK, "without a reason nothing is passed on"
    desk.post(f"{theirs}/open", f"{theirs}/open", reason=REASON)
    form = desk.get(f"{theirs}/transfer").text
    assert "team:thai_speakers" in form and "supervisors" in form
    assert "team:front_desk" not in form and "operator:" not in form
    for elsewhere in ("team:front_desk", f"operator:{desk.operator_id}"):
        desk.post(give["path"], f"{theirs}/transfer", to=elsewhere, note=give["note"])
        assert state_of(desk, theirs) == ("waiting", None, WOMENS_DESK)
    desk.post(give["path"], f"{theirs}/transfer", to="team:thai_speakers", note=give["note"])
    assert state_of(desk, theirs) == ("waiting", None, "thai_speakers")
    assert openings_used(desk) == [("transfer", "to team:thai_speakers by opening:1")]


def test_after_its_time_an_opening_gives_no_right_to_claim_or_to_pass_on(desk: Desk, theirs: str) -> None:
    desk.post(f"{theirs}/open", f"{theirs}/open", reason=REASON)
    with desk.database.transaction() as session:
        session.execute(update(Opening).values(until=now()))
    desk.post(f"{theirs}/claim", "/queue")
    desk.post(f"{theirs}/transfer", "/queue", to="team:front_desk", note="please")
    assert state_of(desk, theirs) == ("waiting", None, WOMENS_DESK)


def test_an_opening_takes_nothing_from_a_colleague_who_has_it(app: Flask, desk: Desk, theirs: str) -> None:
    member = Desk(app, desk.database, "bopha").sign_in()
    with desk.database.transaction() as session:
        womens = session.scalars(select(Team).where(Team.key == WOMENS_DESK)).one()
        operator = session.get_one(Operator, member.operator_id)
        operator.teams = [womens]
    member.post(f"{theirs}/claim", theirs)
    desk.post(f"{theirs}/open", f"{theirs}/open", reason=REASON)
    desk.post(f"{theirs}/claim", theirs)
    desk.post(f"{theirs}/transfer", theirs, to="team:front_desk", note="please")
    desk.post(f"{theirs}/reply", theirs, text="hello", form_key="k")
    assert state_of(desk, theirs) == ("with_operator", member.operator_id, WOMENS_DESK)
