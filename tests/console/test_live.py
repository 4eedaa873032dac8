"""The live queue: what is listed for whom, in which order, and what an open page hears of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import Flask
from werkzeug.test import TestResponse

from bot import handoff, operators, teams
from bot.database import Database
from bot.models import Author, Conversation, Delivery, Direction, Message, Operator, Rest, State
from bot.models.columns import now
from console import events
from tests.console.conftest import Desk, new_waiting


def write_again(database: Database, number: int) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, number)
        session.add(
            Message(
                contact_id=conversation.contact_id,
                conversation_id=number,
                direction=Direction.IN,
                channel="sms",
                author=Author.PERSON,
                body="one more thing",
                state=Delivery.HANDLED,
                position=2,
            )
        )


def waited(database: Database, number: int, minutes: float) -> None:
    with database.transaction() as session:
        session.get_one(Conversation, number).waiting_since = now() - timedelta(minutes=minutes)


def claimed(database: Database, desk: Desk, number: int) -> None:
    with database.transaction() as session:
        handoff.claim(session, number, session.get_one(Operator, desk.operator_id))


def row(page: TestResponse, number: int) -> str:
    found = [part for part in page.text.split("<li ") if f'data-row="{number}"' in part]
    return found[0] if found else ""


def numbers(page: TestResponse) -> list[int]:
    return [int(part.split('"')[0]) for part in page.text.split('data-row="')[1:]]


def test_the_most_urgent_comes_first_then_the_longest_waiting(database: Database, desk: Desk) -> None:
    late = new_waiting(database, "x", "+85510000001", priority=3)
    new = new_waiting(database, "x", "+85510000002", priority=3)
    danger = new_waiting(database, "x", "+85510000003", priority=1)
    waited(database, late, 9)
    assert numbers(desk.get("/queue")) == [danger, late, new]


def test_the_clock_changes_with_the_target_of_the_priority(database: Database, desk: Desk) -> None:
    number = new_waiting(database, "x", priority=2)  # ten minutes
    for minutes, level in ((6, "on_time"), (7, "soon"), (11, "late")):
        waited(database, number, minutes)
        assert f"wait {level}" in row(desk.get("/queue"), number)
        assert f"{minutes} min" in row(desk.get("/queue"), number)
    assert "too long" in row(desk.get("/queue"), number)
    waited(database, number, 61)
    assert "1 h 1 min" in row(desk.get("/queue"), number)


def test_each_tab_shows_its_own_and_counts(app: Flask, database: Database, desk: Desk) -> None:
    other = Desk(app, database, "dara").sign_in()
    waiting, mine, theirs, closed = (
        new_waiting(database, "x", f"+8551000000{n}", priority=3) for n in range(4)
    )
    claimed(database, desk, mine)
    claimed(database, other, theirs)
    claimed(database, other, closed)
    with database.transaction() as session:
        handoff.close(session, closed, session.get_one(Operator, other.operator_id), "helped")
    for shown, number in (("waiting", waiting), ("mine", mine), ("others", theirs), ("closed", closed)):
        assert numbers(desk.get(f"/queue?show={shown}")) == [number], shown
    assert "with dara" in row(desk.get("/queue?show=others"), theirs)
    counted = desk.get("/queue/counts").json
    menu = {"console.calls_page": 0, "console.mentions_page": 0}
    assert counted == {"waiting": 1, "mine": 1, "others": 1, "urgent": [], "menu": menu}
    assert "<title>(1) Queue" in desk.get("/queue").text


def test_a_list_is_narrowed_by_language_and_team(database: Database, desk: Desk) -> None:
    english, khmer = (new_waiting(database, "x", f"+8551000000{n}") for n in range(2))
    with database.transaction() as session:
        session.get_one(Conversation, khmer).contact.form = "km"  # type: ignore[assignment]
        thai = teams.by_keys(session, [teams.THAI_SPEAKERS])[0]
        session.get_one(Conversation, english).team_id = thai.id
        operator = session.get_one(Operator, desk.operator_id)
        operator.teams.append(thai)
    assert numbers(desk.get("/queue?language=km")) == [khmer]
    assert numbers(desk.get("/queue?team=thai_speakers")) == [english]
    assert numbers(desk.get("/queue?team=none")) == [khmer]
    assert "Thai speakers" in row(desk.get("/queue"), english)
    assert desk.get("/queue?language=xx&show=xx&page=-1&team=%00").status_code == 200


def test_another_teams_conversation_is_neither_listed_nor_counted_nor_told(
    database: Database, desk: Desk
) -> None:
    number = new_waiting(database, "x", priority=1)
    with database.transaction() as session:
        team = teams.by_keys(session, [teams.WOMENS_DESK])[0]
        session.get_one(Conversation, number).team_id = team.id
    assert numbers(desk.get("/queue")) == []
    assert desk.get("/queue/counts").json["urgent"] == []  # type: ignore[index]
    heard = stream(desk)
    next(heard)
    write_again(database, number)
    open_one = new_waiting(database, "x", "+85510000009")
    assert f'"conversation": {open_one}' in next(heard)


def test_what_i_have_not_read_is_marked_for_me_alone(app: Flask, database: Database, desk: Desk) -> None:
    number = new_waiting(database, "x")
    other = Desk(app, database, "dara").sign_in()
    assert "1 new message" in row(desk.get("/queue"), number)
    desk.post(f"/conversations/{number}/presence", "/queue", looking="1")
    assert "new message" not in row(desk.get("/queue"), number)
    assert "1 new message" in row(other.get("/queue"), number)
    write_again(database, number)
    assert "1 new message" in row(desk.get("/queue"), number)


def test_a_hundred_rows_are_a_page(database: Database, desk: Desk) -> None:
    for n in range(102):
        new_waiting(database, "x", f"+855100{n:05}")
    first, second = desk.get("/queue"), desk.get("/queue?page=2")
    assert len(numbers(first)) == 100 and len(numbers(second)) == 2
    assert "1 to 100 of 102" in first.text and "101 to 102 of 102" in second.text


def test_rows_come_again_only_when_something_changed(database: Database, desk: Desk) -> None:
    number = new_waiting(database, "x")
    version = desk.get("/queue").text.split("version=")[1].split("&")[0]
    assert desk.get(f"/queue/rows?version={version}").status_code == 204
    waited(database, number, 3)
    assert desk.get(f"/queue/rows?version={version}").status_code == 204  # the page's clock goes on by itself
    write_again(database, number)
    assert desk.get(f"/queue/rows?version={version}").status_code == 200


def test_after_several_hard_conversations_a_break_is_suggested_and_claiming_asks(
    database: Database, desk: Desk
) -> None:
    for n in range(3):
        assert "break" not in desk.get("/queue").text
        claimed(database, desk, new_waiting(database, "x", f"+8551000000{n}", priority=1))
    assert "Take a break of 15 minutes" in desk.get("/queue").text
    number = new_waiting(database, "x", "+85510000009", priority=1)
    asked = desk.post(f"/conversations/{number}/claim", "/queue")
    assert "3 conversations about immediate danger in a row" in asked.text
    desk.post("/break", "/queue")
    assert "You are on a break" in desk.get("/queue").text
    desk.post("/break/end", "/queue")
    with database.transaction() as session:
        assert session.query(Rest).one().until <= now()
    assert desk.post(f"/conversations/{number}/claim", "/queue").status_code == 302
    with database.reading() as session:
        assert session.get_one(Conversation, number).state == State.WITH_OPERATOR


def test_a_claim_in_spite_of_a_due_break_is_not_refused(database: Database, desk: Desk) -> None:
    for n in range(4):
        number = new_waiting(database, "x", f"+8551000000{n}", priority=1)
        desk.post(f"/conversations/{number}/claim", "/queue", confirmed="yes")
    assert desk.get("/queue/counts").json["mine"] == 4  # type: ignore[index]


def stream(desk: Desk) -> Iterator[str]:
    answer = desk.client.get("/console/events?poll=1", buffered=False)
    assert answer.mimetype == "text/event-stream"
    return (part.decode() if isinstance(part, bytes) else part for part in answer.iter_encoded())


def test_an_open_page_hears_which_conversation_changed_and_no_more(database: Database, desk: Desk) -> None:
    heard = stream(desk)
    assert next(heard).startswith("retry:")
    number = new_waiting(database, "please help me")
    told = next(heard) + next(heard)
    assert f'event: queue\ndata: {{"conversation": {number}}}' in told
    assert "please" not in told


def test_a_stream_ends_with_the_session(database: Database, desk: Desk, monkeypatch: object) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)  # type: ignore[attr-defined]
    heard = stream(desk)
    next(heard)
    assert next(heard) == ": here\n\n"
    with database.transaction() as session:
        operators.disable(session, desk.name)
    assert "event: ended" in "".join(heard)


def test_a_mention_is_told_counted_and_linked_to_its_note(app: Flask, database: Database, desk: Desk) -> None:
    number = new_waiting(database, "x")
    other = Desk(app, database, "dara").sign_in()
    heard = stream(other)
    next(heard)
    page = f"/conversations/{number}"
    desk.post(f"{page}/note", page, text="@dara do you know her village?")
    told = "".join(next(heard) for _ in range(2))
    assert f'event: mention\ndata: {{"conversation": {number}}}' in told and "village" not in told
    assert other.get("/queue/counts").json["menu"]["console.mentions_page"] == 1  # type: ignore[index]
    line = other.get("/mentions/newest").text
    assert "sokha calls you to" in line and "village" not in line
    assert f'href="/console{page}#note-1"' in line
    assert 'id="note-1"' in other.get(page).text
    assert other.get("/mentions/newest").text.strip() == ""
    assert "calls you" not in desk.get("/queue").text


def test_who_opened_it_by_a_reason_hears_of_another_teams_conversation(
    app: Flask, database: Database, desk: Desk
) -> None:
    number = new_waiting(database, "x")
    with database.transaction() as session:
        session.get_one(Conversation, number).team_id = teams.by_keys(session, [teams.WOMENS_DESK])[0].id
    other = Desk(app, database, "dara").sign_in()
    glass = f"/conversations/{number}/open"
    desk.post(glass, glass, reason="her sister called and asked")
    heard, unheard = stream(desk), stream(other)
    next(heard), next(unheard)
    write_again(database, number)
    assert f'"conversation": {number}' in next(heard)
    open_one = new_waiting(database, "x", "+85510000009")
    assert f'"conversation": {open_one}' in next(unheard)
