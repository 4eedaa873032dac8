"""The conversation's page: closed to other teams in every route, honest about safety, nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from bot import call_backs, consent, drafts, handoff, inbox, linked, outbox, permissions
from bot.database import Database
from bot.models import (
    AuditEvent,
    Channel,
    Consent,
    Contact,
    Conversation,
    Message,
    Need,
    Operator,
    State,
    Team,
)
from bot.models.columns import now
from bot.needs import keeping
from bot.safe_contact import PHNOM_PENH
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules, path_of
from tests.console.test_console import outgoing


@pytest.fixture
def mine(desk: Desk, waiting: int) -> int:
    """A conversation that the desk's operator has."""
    desk.post(f"/conversations/{waiting}/claim", "/queue")
    return waiting


def give_to_other_team(database: Database, conversation_id: int) -> None:
    with database.transaction() as session:
        team = session.scalars(select(Team.id).where(Team.key == "womens_desk")).one()
        session.get_one(Conversation, conversation_id).team_id = team


def contact(database: Database) -> Contact:
    with database.reading() as session:
        return session.scalars(select(Contact).order_by(Contact.id)).first()  # type: ignore[return-value]


def test_no_route_of_a_conversation_opens_to_another_team(app: Flask, desk: Desk, waiting: int) -> None:
    with desk.database.transaction() as session:
        held = session.get_one(Conversation, waiting)
        operator = session.get_one(Operator, desk.operator_id)
        call = call_backs.schedule(session, operator, held, now() + timedelta(hours=1))
        message = outbox.queue_operator_message(session, held, operator, "hello")
        outbox.fail(session, message, "undelivered")
    give_to_other_team(desk.database, waiting)
    token = desk.token("/calls")
    tried = 0
    for rule in console_rules(app):
        if not {"conversation_id", "call_id"} & rule.arguments or rule.endpoint == "console.claim":
            continue
        decision = getattr(app.view_functions[rule.endpoint], "console_access", None)
        if not str(app.view_functions[rule.endpoint].__module__).startswith("console.thread"):
            continue
        values = {"conversation_id": waiting, "call_id": call.id, "message_id": message.id}
        path = path_of(app, rule, **values)
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answer = desk.client.open(path, method=method, data={"csrf_token": token, "text": "x"})
        # Opening the page itself may lead to a page that asks for the reason.
        assert answer.status_code in (302, 404), path
        assert "please help me" not in answer.text, path
        assert decision in permissions.Permission, path
        tried += 1
    assert tried >= 15
    assert [m.body for m in outgoing(desk.database)] == ["hello"]


def test_a_reply_with_unsafe_words_waits_for_its_confirmation(desk: Desk, mine: int) -> None:
    page = f"/conversations/{mine}"
    text = "the police will come"
    answer = desk.post(f"{page}/reply", page, text=text, form_key="a")
    assert "ask=1" in answer.headers["Location"] and "police" not in answer.headers["Location"]
    assert outgoing(desk.database) == []
    asked = desk.get(f"{page}?ask=1").text
    confirmed = asked.split('name="confirmed" value="')[1].split('"')[0]
    desk.post(f"{page}/reply", page, text="the police will kill", form_key="b", confirmed=confirmed)
    assert outgoing(desk.database) == []
    desk.post(f"{page}/reply", page, text=text, form_key="c", confirmed=confirmed)
    assert [m.body for m in outgoing(desk.database)] == [text]
    with desk.database.reading() as session:
        details = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "reply")).all()
        assert list(details) == ["words"]  # what was weighed, never the words
        held = session.get_one(Conversation, mine)
        assert drafts.of(session, held, session.get_one(Operator, desk.operator_id)) == ""


def test_a_draft_that_comes_after_its_reply_is_not_kept(desk: Desk, mine: int) -> None:
    page = f"/conversations/{mine}"
    desk.post(f"{page}/reply", page, text="hello", form_key="a")
    desk.post(f"{page}/draft", page, text="hello", form_key="a")
    assert desk.get(f"{page}/draft").text == ""
    desk.post(f"{page}/draft", page, text="and then", form_key="b")
    assert desk.get(f"{page}/draft").text == "and then"


def test_sending_again_asks_where_writing_is_not_safe(desk: Desk, mine: int) -> None:
    page = f"/conversations/{mine}"
    with desk.database.transaction() as session:
        held = session.get_one(Conversation, mine)
        held.contact.safe_to_text = False
        operator = session.get_one(Operator, desk.operator_id)
        failed = outbox.queue_operator_message(session, held, operator, "hello")
        outbox.fail(session, failed, "undelivered")
    path = f"{page}/messages/{failed.id}/resend"
    desk.post(path, page)
    assert len(outgoing(desk.database)) == 1
    desk.post(path, page, sure="yes")
    desk.post(path, page, sure="yes")
    assert len(outgoing(desk.database)) == 2


def test_a_message_of_another_conversation_is_not_sent_again_from_here(desk: Desk, mine: int) -> None:
    other = new_waiting(desk.database, "x", "+85510000002")
    with desk.database.transaction() as session:
        held = session.get_one(Conversation, other)
        failed = outbox.queue_notice(session, held, ["hello"])
        outbox.fail(session, failed, "undelivered")
    page = f"/conversations/{mine}"
    assert desk.post(f"{page}/messages/{failed.id}/resend", page).status_code == 404


def test_the_alarm_of_the_code_word_comes_with_the_next_refresh(desk: Desk, mine: int) -> None:
    page = desk.get(f"/conversations/{mine}").text
    version = page.split("version=")[1].split("&")[0]
    assert desk.get(f"/conversations/{mine}/messages?version={version}").status_code == 204
    with desk.database.transaction() as session:
        session.scalars(select(Contact)).one().covered_since = now()
    anew = desk.get(f"/conversations/{mine}/messages?version={version}").text
    assert 'id="safety" hx-swap-oob="true"' in anew and "The code word was used" in anew
    desk.post(f"/conversations/{mine}/cover-end", f"/conversations/{mine}")
    assert contact(desk.database).covered_since is None


def test_safe_contact_is_kept_and_audited_without_its_words(desk: Desk, mine: int) -> None:
    page = f"/conversations/{mine}"
    fields = {"safe_to_text": "no", "quiet_from": "21", "quiet_until": "6", "code_word": "Rice price"}
    desk.post(f"{page}/safe-contact", page, contact_note="a neighbour reads", prefers_call="yes", **fields)
    kept = contact(desk.database)
    assert (kept.safe_to_text, kept.quiet_from, kept.quiet_until) == (False, 21, 6)
    assert (kept.code_word, kept.prefers_call) == ("rice price", True)
    desk.post(f"{page}/safe-contact", page, **{**fields, "quiet_until": ""})
    assert contact(desk.database).quiet_until == 6
    with desk.database.reading() as session:
        trail = " ".join(f"{e.subject} {e.detail}" for e in session.scalars(select(AuditEvent)))
    assert "rice" not in trail and "neighbour" not in trail


def test_handing_back_in_quiet_hours_writes_nothing(desk: Desk, mine: int) -> None:
    hour = now().astimezone(PHNOM_PENH).hour
    with desk.database.transaction() as session:
        person = session.scalars(select(Contact)).one()
        person.quiet_from, person.quiet_until = hour, (hour + 2) % 24
    desk.post(f"/conversations/{mine}/hand-back", f"/conversations/{mine}")
    assert outgoing(desk.database) == []
    assert "wasn&#39;t told" in desk.get("/queue").text
    with desk.database.reading() as session:
        assert session.get_one(Conversation, mine).state == State.BOT


def test_contacts_are_linked_by_alias_only_where_both_may_be_seen(desk: Desk, mine: int) -> None:
    other = new_waiting(desk.database, "from another phone", "+85510000002")
    hidden = new_waiting(desk.database, "of another team", "+85510000003")
    give_to_other_team(desk.database, hidden)
    with desk.database.reading() as session:
        aliases = {i: session.get_one(Conversation, i).contact.alias for i in (other, hidden)}
    page = f"/conversations/{mine}"
    desk.post(f"{page}/link", page, alias=aliases[hidden])
    assert contact(desk.database).person_id is None
    desk.post(f"{page}/link", page, alias=aliases[other].upper())
    assert "from another phone" in desk.get(page).text
    with desk.database.transaction() as session:  # linked meanwhile by somebody who sees both
        operator = session.get_one(Operator, desk.operator_id)
        group = [session.get_one(Conversation, i).contact for i in (mine, hidden)]
        linked.link(session, operator, *group)
    shown = desk.get(page).text
    assert "of another team" not in shown and "With another team" in shown
    desk.post(f"{page}/unlink", page)
    assert contact(desk.database).person_id is None


def test_a_number_is_shown_on_demand_only_and_audited(desk: Desk, mine: int) -> None:
    with desk.database.transaction() as session:
        held = session.get_one(Conversation, mine)
        operator = session.get_one(Operator, desk.operator_id)
        call = call_backs.schedule(session, operator, held, now() + timedelta(hours=1))
    assert "10000001" not in desk.get("/calls").text
    assert "10000001" not in desk.get(f"/conversations/{mine}").text
    assert "+85510000001" in desk.post(f"/calls/{call.id}/number", "/calls").text
    with desk.database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "number_shown")).one()


def test_a_call_to_a_telegram_contact_needs_a_number(desk: Desk) -> None:
    with desk.database.transaction() as session:
        person = inbox.find_or_create_contact(session, Channel.TELEGRAM, "7001")
        held = Conversation(contact_id=person.id, not_understood=0, pages=0)
        session.add(held)
        session.flush()
        handoff.escalate(session, held, "asked_for_call", 3)
    page = f"/conversations/{held.id}"
    due = (now() + timedelta(hours=3)).astimezone(PHNOM_PENH)
    desk.post(f"{page}/call-back", page, due_at=f"{due:%Y-%m-%dT%H:%M}")
    with desk.database.reading() as session:
        assert call_backs.of(session, session.get_one(Conversation, held.id)) == []
    desk.post(f"{page}/call-back", page, due_at=f"{due:%Y-%m-%dT%H:%M}", number="012 345 678")
    with desk.database.reading() as session:
        assert len(call_backs.of(session, session.get_one(Conversation, held.id))) == 1


def test_a_mention_is_listed_until_the_conversation_is_opened(app: Flask, desk: Desk, mine: int) -> None:
    other = Desk(app, desk.database, "dara").sign_in()
    desk.post(f"/conversations/{mine}/note", f"/conversations/{mine}", text="@dara please look")
    assert ">(1)</span>" in other.get("/queue").text
    assert "please look" not in other.get("/mentions").text
    other.get(f"/conversations/{mine}")
    assert ">(1)</span>" not in other.get("/queue").text


def test_messages_of_both_kinds_show_what_became_of_them(desk: Desk, mine: int) -> None:
    with desk.database.transaction() as session:
        held = session.get_one(Conversation, mine)
        operator = session.get_one(Operator, desk.operator_id)
        failed = outbox.queue_operator_message(session, held, operator, "hello")
        outbox.fail(session, failed, "may_have_arrived")
        asked = session.scalars(select(Message).order_by(Message.id)).first()
        assert asked
        asked.understood = {"intent": "gbv", "reason": "gbv", "evidence": {"patterns": ["x"]}}
    page = desk.get(f"/conversations/{mine}").text
    assert "understood as violence or abuse" in page and "found by patterns" in page
    assert "it may have arrived" in page and "Send again" in page


def test_an_emergency_is_recorded_with_its_reason_shown_and_ended(desk: Desk, mine: int) -> None:
    page = f"/conversations/{mine}"
    given = {"basis": "emergency", "purpose": "share", "partner": "emergency-services"}
    desk.post(f"{page}/exceptions", page, **given, reason="  ")
    with desk.database.reading() as session:
        assert session.scalars(select(Consent)).first() is None
    assert "Write the reason" in desk.get(page).text
    desk.post(f"{page}/exceptions", page, **given, reason="not breathing, at the market")
    shown = desk.get(page).text
    assert "emergency, a life in danger" in shown and "not breathing" in shown
    with desk.database.reading() as session:
        made = session.scalars(select(Consent)).one()
        assert (made.basis, made.partner, made.operator_id) == (
            "emergency",
            "emergency-services",
            desk.operator_id,
        )
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "consent_exception")).one()
        assert "breathing" not in f"{told.subject} {told.detail}"
    desk.post(f"{page}/exceptions/{made.id}/end", page)
    with desk.database.reading() as session:
        assert session.get_one(Consent, made.id).withdrawn_at is not None
        actions = set(session.scalars(select(AuditEvent.action)))
    assert "consent_exception_ended" in actions
    assert desk.post(f"{page}/exceptions/{made.id}/end", page).status_code == 404


def test_an_adult_answers_for_a_child_and_the_end_deletes_what_was_kept(desk: Desk, mine: int) -> None:
    page = f"/conversations/{mine}"
    desk.post(
        f"{page}/exceptions", page, basis="adult", purpose="keep_needs", reason="the aunt agreed by phone"
    )
    with desk.database.transaction() as session:
        conversation = session.get_one(Conversation, mine)
        conversation.contact.seems_child = True
        agreed = consent.standing(session, conversation.contact, consent.KEEP_NEEDS)
        keeping.keep_need(session, conversation, agreed, "need_school")
        assert agreed is not None and agreed.basis == "adult"
        number = agreed.id
    desk.post(f"{page}/exceptions/{number}/end", page)
    with desk.database.reading() as session:
        assert session.scalars(select(Need)).first() is None


@pytest.mark.parametrize(
    "given",
    [
        {"basis": "asked", "purpose": "keep_needs"},
        {"basis": "emergency", "purpose": "contact_later"},
        {"basis": "adult", "purpose": "share", "partner": "nobody-known"},
        {"basis": "adult", "purpose": "everything"},
    ],
)
def test_no_other_ground_purpose_or_partner_is_taken(desk: Desk, mine: int, given: dict[str, str]) -> None:
    desk.post(f"/conversations/{mine}/exceptions", f"/conversations/{mine}", **given, reason="because")
    with desk.database.reading() as session:
        assert session.scalars(select(Consent)).first() is None
