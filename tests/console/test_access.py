"""Who may open what: every route has a decision, and teams decide about conversations."""

from __future__ import annotations

from flask import Flask

from bot import operators
from bot.database import Database
from bot.models import Conversation, Operator, Role, Team
from bot.teams import WOMENS_DESK, may_see, seen_by
from console import access
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    undecided = [rule.rule for rule in console_rules(app) if not access.is_decided(app, rule.endpoint)]
    assert undecided == []


def test_a_route_that_says_nothing_is_closed(app: Flask, desk: Desk) -> None:
    app.blueprints["console"]._got_registered_once = False
    app._got_first_request = False
    app.add_url_rule("/console/forgotten", "console.forgotten", lambda: "open")
    assert desk.get("/forgotten").status_code == 403


def with_team(database: Database, conversation_id: int, key: str) -> None:
    with database.transaction() as session:
        team = session.query(Team).filter_by(key=key).one()
        session.get_one(Conversation, conversation_id).team_id = team.id


def test_another_teams_conversation_is_not_in_the_queue_and_does_not_open(desk: Desk, waiting: int) -> None:
    with_team(desk.database, waiting, WOMENS_DESK)
    assert f'data-row="{waiting}"' not in desk.get("/queue").text
    assert "please help me" not in desk.get(f"/conversations/{waiting}").text
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    with desk.database.reading() as session:
        assert session.get_one(Conversation, waiting).operator_id is None


def test_members_and_supervisors_see_a_teams_conversation_and_others_see_none(database: Database) -> None:
    waiting = new_waiting(database, "please help me")
    with_team(database, waiting, WOMENS_DESK)
    with database.transaction() as session:
        conversation = session.get_one(Conversation, waiting)
        people: dict[str, Operator] = {}
        for role in Role:
            people[role], _ = operators.add(session, role, role)
        people["member"], _ = operators.add(session, "member", teams=[WOMENS_DESK])
        seeing = {name for name, operator in people.items() if may_see(operator, conversation)}
        listed = {
            name
            for name, operator in people.items()
            if session.query(Conversation).filter(seen_by(operator)).count()
        }
    assert seeing == listed == {"member", "supervisor"}
