"""The supervisors' pages: giving on, the board, the rota, reviews; and who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from bot import handoff, privacy
from bot.database import Database
from bot.models import (
    AuditEvent,
    Channel,
    Conversation,
    Escalation,
    Note,
    OnCallShift,
    Operator,
    QualityReview,
    Role,
    State,
)
from bot.models.columns import now
from tests.console.conftest import Desk, new_waiting


@pytest.fixture
def boss(app: Flask, database: Database) -> Desk:
    desk = Desk(app, database, "bopha")
    with database.transaction() as session:
        operator = session.get_one(Operator, desk.operator_id)
        operator.role = Role.SUPERVISOR
        operator.pager_channel, operator.pager_address = Channel.SMS, "+85512000001"
    return desk.sign_in()


@pytest.fixture
def held(database: Database, desk: Desk) -> int:
    number = new_waiting(database, "please help me", priority=3)
    desk.post(f"/conversations/{number}/claim", "/queue")
    return number


def get(database: Database, number: int) -> Conversation:
    with database.reading() as session:
        return session.get_one(Conversation, number)


def actions(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_an_operator_gives_a_conversation_to_a_colleague_who_sees_it_marked(
    app: Flask, database: Database, desk: Desk, held: int
) -> None:
    other = Desk(app, database, "dara").sign_in()
    address = f"/conversations/{held}/transfer"
    form = desk.get(address)
    assert "dara, has 0" in form.text and "Women" in form.text and ">sokha, " not in form.text
    refused = desk.post(address, address, to=f"operator:{other.operator_id}", note="")
    assert refused.status_code == 302 and get(database, held).operator_id == desk.operator_id
    desk.post(address, address, to=f"operator:{other.operator_id}", note="my shift ends")
    assert "given to you by sokha" in other.get("/queue?show=mine").text
    assert "sokha gave you this" in other.get(f"/conversations/{held}/presence").text
    other.post(f"/conversations/{held}/presence", "/queue", looking="1")
    assert "given to you" not in other.get("/queue?show=mine").text


@pytest.mark.parametrize("to", ["", "operator:", "operator:999", "team:nothing", "nobody", "operator:x"])
def test_a_transfer_to_nobody_changes_nothing(database: Database, desk: Desk, held: int, to: str) -> None:
    desk.post(f"/conversations/{held}/transfer", "/queue", to=to, note="x")
    assert get(database, held).operator_id == desk.operator_id
    assert "Choose who shall have it." in desk.get("/queue").text


def test_a_shift_is_handed_over_at_once_each_to_its_own(
    app: Flask, database: Database, desk: Desk, held: int
) -> None:
    other = Desk(app, database, "dara").sign_in()
    numbers = [held, *(new_waiting(database, "x", f"+8551000001{n}", priority=3) for n in range(2))]
    for number in numbers[1:]:
        desk.post(f"/conversations/{number}/claim", "/queue")
    fields = {
        "to": "team:womens_desk",
        "note": "good night",
        f"to_{numbers[1]}": f"operator:{other.operator_id}",
        f"note_{numbers[1]}": "waits for a call",
        f"to_{numbers[2]}": "keep",
    }
    desk.post("/hand-over", "/hand-over", **fields)
    found = [get(database, number) for number in numbers]
    assert [c.state for c in found] == [State.WAITING, State.WITH_OPERATOR, State.WITH_OPERATOR]
    assert [c.operator_id for c in found] == [None, other.operator_id, desk.operator_id]
    with database.reading() as session:
        assert [n.body for n in session.scalars(select(Note).order_by(Note.conversation_id))] == [
            "good night",
            "waits for a call",
        ]


def test_a_supervisor_hands_over_for_a_colleague_and_an_operator_may_not(
    database: Database, desk: Desk, boss: Desk, held: int
) -> None:
    assert desk.get(f"/hand-over?operator={boss.operator_id}").status_code == 403
    mine = f"operator:{boss.operator_id}"
    boss.post("/hand-over", "/queue", operator=str(desk.operator_id), to=mine, note="she fell ill")
    assert get(database, held).operator_id == boss.operator_id


def test_the_board_shows_load_waiting_and_what_is_late(
    database: Database, desk: Desk, boss: Desk, held: int
) -> None:
    late = new_waiting(database, "x", "+85510000009", priority=1)
    with database.transaction() as session:
        conversation = session.get_one(Conversation, late)
        conversation.waiting_since = now() - timedelta(minutes=8)
        session.scalars(select(Escalation).where(Escalation.conversation_id == late)).one().at = (
            now() - timedelta(minutes=8)
        )
    page = boss.get("/supervision").text
    assert "sokha" in page and "at the desk" in page and "8 min" in page
    urgent = page.split('<tr class="priority-1">')[1].split("</tr>")[0]
    assert '<td class="bad">1</td>' in urgent
    assert f'id="reassign-{held}"' in page
    assert boss.get("/supervision/now").status_code == 200
    assert desk.get("/supervision").status_code == 403


def test_reading_along_is_written_down_and_shown(
    database: Database, desk: Desk, boss: Desk, held: int
) -> None:
    answer = boss.post(f"/supervision/read/{held}", "/supervision")
    assert answer.headers["Location"].endswith(f"/conversations/{held}")
    boss.post(f"/conversations/{held}/presence", "/queue", looking="1")
    assert "read_along" in actions(database)
    assert "bopha is reading along" in desk.get(f"/conversations/{held}/presence").text
    desk.post(f"/conversations/{held}/presence", "/queue", typing="1")
    assert "sokha is typing" in boss.get(f"/conversations/{held}/presence").text
    boss.post(f"/conversations/{held}/presence", "/queue", left="1")
    assert "bopha" not in desk.get(f"/conversations/{held}/presence").text


def test_a_reply_is_refused_while_another_has_the_conversation(
    database: Database, desk: Desk, boss: Desk, held: int
) -> None:
    boss.post(f"/conversations/{held}/reply", "/queue", text="hello", form_key="k")
    assert "reply" not in actions(database)


def test_a_shift_over_midnight_is_put_on_the_rota_and_taken_off(database: Database, boss: Desk) -> None:
    assert "Nobody is on call in these times" in boss.get("/supervision/on-call").text
    fields = {"day": "2030-01-31", "from": "20:00", "to": "08:00", "weeks": "2"}
    boss.post("/supervision/on-call", "/supervision/on-call", operator=str(boss.operator_id), **fields)
    with database.reading() as session:
        planned = list(session.scalars(select(OnCallShift).order_by(OnCallShift.id)))
    assert [str(shift.starts_at) for shift in planned] == [
        "2030-01-31 13:00:00+00:00",  # Phnom Penh is seven hours ahead
        "2030-02-07 13:00:00+00:00",
    ]
    assert planned[0].ends_at - planned[0].starts_at == timedelta(hours=12)
    boss.post(f"/supervision/on-call/{planned[0].id}/remove", "/supervision/on-call")
    with database.reading() as session:
        assert len(list(session.scalars(select(OnCallShift)))) == 1
    for bad in ({"day": "x"}, {"weeks": "0"}, {"weeks": "99"}, {"from": "25:00"}, {"operator": "999"}):
        boss.post(
            "/supervision/on-call",
            "/supervision/on-call",
            **{"operator": str(boss.operator_id), **fields, **bad},
        )
    with database.reading() as session:
        assert len(list(session.scalars(select(OnCallShift)))) == 1


def test_a_sample_is_drawn_once_reviewed_by_another_and_kept(
    database: Database, desk: Desk, boss: Desk, held: int
) -> None:
    own = new_waiting(database, "x", "+85510000008", priority=3)
    boss.post(f"/conversations/{own}/claim", "/queue")
    with database.transaction() as session:
        handoff.close(session, held, session.get_one(Operator, desk.operator_id), "helped")
        handoff.close(session, own, session.get_one(Operator, boss.operator_id), "helped")
    for _ in range(2):
        boss.post("/supervision/reviews", "/supervision/reviews", number="10")
    with database.reading() as session:
        drawn = {row.conversation_id: row.id for row in session.scalars(select(QualityReview))}
    assert set(drawn) == {held, own}
    address = f"/supervision/reviews/{drawn[held]}"
    assert "please help me" in boss.get(address).text
    boss.post(address, address, safety="4", warmth="3", comment="asked twice, well done")
    assert boss.post(address, address, safety="5").status_code == 400
    with database.reading() as session:
        review = session.get_one(QualityReview, drawn[held])
        assert (review.safety, review.warmth, review.facts) == (4, 3, None)
        assert review.comment == "asked twice, well done"
        raw = session.connection().exec_driver_sql("SELECT comment FROM quality_review").scalars().all()
        assert not any("asked" in (value or "") for value in raw)
    with database.transaction() as session:
        privacy.forget(session, session.get_one(Conversation, held).contact)
    with database.reading() as session:
        assert session.get_one(QualityReview, drawn[held]).comment is None
    boss.post(f"/supervision/reviews/{drawn[own]}", address, safety="4")
    with database.reading() as session:
        assert session.get_one(QualityReview, drawn[own]).reviewed_at is None
    assert "4.0" in boss.get("/supervision/reviews").text
    assert desk.get(address).status_code == 403
