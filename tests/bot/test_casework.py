"""An operator's work beside a conversation: protocols, ready-made replies, calls, wrap-up, mentions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot import (
    call_backs,
    canned,
    drafts,
    editions,
    facts,
    handoff,
    inbox,
    linked,
    mentions,
    operators,
    outbox,
    privacy,
    protocols,
    reminders,
    segments,
    wrap_up,
)
from bot.database import Database
from bot.intents import SENSITIVE
from bot.models import (
    AuditEvent,
    CallState,
    Channel,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Draft,
    Form,
    Message,
    Note,
    Operator,
    State,
    Team,
    WrapUp,
)
from bot.models.columns import now
from bot.settings import Settings
from bot.wrap_up import Ending
from tests.console.conftest import new_waiting


@pytest.fixture
def sokha(database: Database) -> Operator:
    with database.transaction() as session:
        return operators.add(session, "sokha", language="en")[0]


@pytest.fixture
def waiting(database: Database) -> int:
    return new_waiting(database, "please help me")


@pytest.fixture
def claimed(database: Database, waiting: int, sokha: Operator) -> int:
    """A sensitive conversation that sokha has; its id."""
    with database.transaction() as session:
        handoff.claim(session, waiting, session.get_one(Operator, sokha.id))
    return waiting


# Protocols.


def test_every_sensitive_kind_has_a_protocol_that_could_be_saved(database: Database) -> None:
    with database.reading() as session:
        every = protocols.every(session)
    assert set(every) == set(SENSITIVE)
    for protocol in every.values():
        protocols.check(protocol)
        ids = [step.id for steps in protocol.sections.values() for step in steps]
        assert len(ids) == len(set(ids)), protocol.key
        assert protocol.sections["child"], protocol.key


def test_ticked_steps_are_kept_with_who_and_when(database: Database, claimed: int, sokha: Operator) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        assert protocols.for_conversation(session, conversation) == ["gbv"]
        for _ in range(2):
            protocols.tick(session, sokha, conversation, "gbv", "alone", True)
        tick = protocols.ticks(session, conversation)["gbv", "alone"]
        assert tick.operator_id == sokha.id and now() - tick.at < timedelta(minutes=1)
        protocols.tick(session, sokha, conversation, "gbv", "alone", False)
        assert protocols.ticks(session, conversation) == {}
        actions = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("protocol%"))))
        assert actions == ["protocol_tick", "protocol_untick"]


@pytest.mark.parametrize("step", ["details", "nothing_of_that_name"])
def test_what_never_to_ask_cannot_be_ticked(
    database: Database, claimed: int, sokha: Operator, step: str
) -> None:
    with database.transaction() as session, pytest.raises(KeyError):
        protocols.tick(session, sokha, session.get_one(Conversation, claimed), "gbv", step, True)


def test_a_child_makes_more_steps_mandatory(database: Database, claimed: int, sokha: Operator) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        before = {step.id for step in protocols.undone(session, conversation)}
        assert "child_line" not in before and "alone" in before
        protocols.tick(session, sokha, conversation, "gbv", protocols.IS_CHILD, True)
        assert "child_line" in {step.id for step in protocols.undone(session, conversation)}


def test_an_edited_protocol_holds_keeps_its_history_and_can_go_back(
    database: Database, sokha: Operator
) -> None:
    with database.transaction() as session:
        shipped = protocols.every(session)["gbv"]
        changed = replace(shipped, titles={"km": "ថ្មី", "en": "New"})
        protocols.save(session, sokha, changed, based_on=0)
    with database.transaction() as session:
        assert protocols.every(session)["gbv"].titles["en"] == "New"
        with pytest.raises(editions.EditedMeanwhile):
            protocols.save(session, sokha, shipped, based_on=0)
        protocols.back_to_default(session, sokha, "gbv", based_on=1)
        assert protocols.every(session)["gbv"] == shipped
        assert [edition.version for edition in editions.history(session, "protocol", "gbv")] == [2, 1]


def test_a_protocol_with_an_invented_number_or_missing_words_is_refused(database: Database) -> None:
    with database.reading() as session:
        shipped = protocols.every(session)["gbv"]
    for text in ("call {svc-nobody.phone}", ""):
        step = protocols.Step("x", {"km": "ក", "en": text})
        broken = replace(shipped, sections={**shipped.sections, "ask": (step,)})
        with pytest.raises(protocols.BadProtocol):
            protocols.check(broken)


# Ready-made replies.


def test_every_ready_made_reply_can_be_sent_in_three_forms(database: Database) -> None:
    with database.reading() as session:
        replies = canned.every(session)
    assert len(replies) >= 10
    for reply in replies:
        canned.check(reply)
        for form in Form:
            filled = canned.fill(reply.texts[form], "Phlov")
            assert "{" not in filled.text and segments.count(filled.text) <= 3


def test_a_fact_past_its_review_is_not_offered_but_emergency_numbers_are(database: Database) -> None:
    late = date(2099, 1, 1)
    assert canned.fill("call {svc-police-117.phone}", "Phlov", late).unconfirmed == ()
    assert canned.fill("call {svc-fcc.phone}", "Phlov", late).unconfirmed == ("svc-fcc",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"km": ""}, "no_words"),
        ({"en": "call {svc-nobody.phone}"}, "placeholder"),
        ({"en": "hello {name}"}, "placeholder"),
        ({"km": "ជំរាបសួរ"}, "other_placeholders"),
        ({"km_Latn": "Suosdei {brand} ជា"}, "not_ascii"),
        ({"km": "{brand} " + "ក" * 300}, "too_long"),
    ],
)
def test_what_could_not_be_sent_is_not_saved(changes: dict[str, str], problem: str) -> None:
    texts = {"km": "សួស្តី {brand}", "km_Latn": "Suosdei {brand}", "en": "Hello {brand}"} | changes
    with pytest.raises(canned.BadReply) as refused:
        canned.check(canned.Canned("hello", {"km": "ស", "en": "h"}, texts))
    assert refused.value.problem == problem


def test_replies_are_added_changed_and_taken_out_of_use(database: Database, sokha: Operator) -> None:
    texts = {"km": "សួស្តី", "km_Latn": "Suosdei", "en": "Hello"}
    reply = canned.Canned("hello", {"km": "សួស្តី", "en": "Hello"}, dict(texts))
    with database.transaction() as session:
        canned.save(session, sokha, reply, based_on=0)
        assert canned.find(session, "hello") == reply
        canned.retire(session, sokha, "hello", based_on=1)
        assert canned.find(session, "hello") is None
        assert editions.retired(session, canned.KIND) == ["hello"]
        canned.save(session, sokha, reply, based_on=2)
        assert canned.find(session, "hello") == reply
        assert len(editions.history(session, canned.KIND, "hello")) == 3


# Sending again.


def test_a_failed_message_is_sent_again_once(database: Database, claimed: int, sokha: Operator) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        message = outbox.queue_operator_message(session, conversation, sokha, "hello")
        with pytest.raises(ValueError, match="failed"):
            outbox.resend(session, message, sokha)
        outbox.fail(session, message, "undelivered")
        again = outbox.resend(session, message, sokha)
        assert again and (again.body, again.state, again.resend_of_id) == ("hello", "queued", message.id)
        assert outbox.resend(session, message, sokha) is None
    with database.reading() as session:
        sent = select(Message).where(Message.direction == Direction.OUT, Message.state == Delivery.QUEUED)
        assert len(list(session.scalars(sent))) == 1


# Mentions, drafts, links.


def test_a_mention_is_unread_until_the_conversation_is_opened(
    database: Database, claimed: int, sokha: Operator
) -> None:
    with database.transaction() as session:
        dara, _ = operators.add(session, "Dara Kim")
        operators.add(session, "dara")
        conversation = session.get_one(Conversation, claimed)
        _, outside = mentions.note(session, conversation, sokha, "please look, @dara kim (not @nobody)")
        assert outside == []
        assert [m.conversation_id for m in mentions.unread(session, dara)] == [claimed]
        assert mentions.count_unread(session, operators.by_name(session, "dara")) == 0
        mentions.read(session, conversation, dara)
        assert mentions.count_unread(session, dara) == 0


def test_who_may_not_see_the_conversation_is_not_called_to_it(
    database: Database, claimed: int, sokha: Operator
) -> None:
    with database.transaction() as session:
        dara, _ = operators.add(session, "dara")
        conversation = session.get_one(Conversation, claimed)
        conversation.team_id = session.scalars(select(Team.id).where(Team.key == "womens_desk")).one()
        _, outside = mentions.note(session, conversation, sokha, "@dara")
        assert [colleague.name for colleague in outside] == ["dara"]
        assert mentions.count_unread(session, dara) == 0


def test_a_draft_is_kept_for_its_operator_encrypted(
    database: Database, claimed: int, sokha: Operator
) -> None:
    with database.transaction() as session:
        other, _ = operators.add(session, "dara")
        conversation = session.get_one(Conversation, claimed)
        drafts.keep(session, conversation, sokha, "I am here")
        drafts.keep(session, conversation, sokha, "I am here now")
        assert drafts.of(session, conversation, sokha) == "I am here now"
        assert drafts.of(session, conversation, other) == ""
    with database.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT body FROM draft").scalar_one()
    assert "here" not in raw
    with database.transaction() as session:
        drafts.keep(session, session.get_one(Conversation, claimed), sokha, "  ")
        assert session.scalars(select(Draft)).first() is None


def test_linked_contacts_are_one_person_until_they_are_taken_apart(
    database: Database, sokha: Operator, waiting: int
) -> None:
    with database.transaction() as session:
        sms = session.get_one(Conversation, waiting).contact
        telegram = inbox.find_or_create_contact(session, Channel.TELEGRAM, "7001")
        third = inbox.find_or_create_contact(session, Channel.SMS, "+85510000003")
        for contact in (telegram, third):
            session.add(Conversation(contact_id=contact.id, not_understood=0, pages=0))
        session.flush()
        found = linked.by_alias(session, f"  {telegram.alias.upper()} ")
        assert found is telegram
        linked.link(session, sokha, telegram, third)
        linked.link(session, sokha, sms, telegram)
        assert [c.id for c in linked.contacts(session, third)] == [sms.id, telegram.id, third.id]
        conversation = session.get_one(Conversation, waiting)
        assert len(linked.earlier(session, conversation, 10)) == 2
        with pytest.raises(ValueError, match="itself"):
            linked.link(session, sokha, sms, sms)
        linked.unlink(session, sokha, sms)
        assert linked.contacts(session, sms) == [sms]
        assert [c.id for c in linked.contacts(session, telegram)] == [telegram.id, third.id]
        linked.unlink(session, sokha, third)
        assert telegram.person_id is None


# Calls.


def test_a_call_comes_back_to_the_queue_when_it_is_due_once(
    database: Database, settings: Settings, claimed: int, sokha: Operator
) -> None:
    due = now() + timedelta(hours=2)
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        call_backs.schedule(session, sokha, conversation, due, "+85512000001", "ask for the sister")
        wrap_up.close(session, claimed, sokha, Ending("helped", ("gbv",), note="all done"))
    with database.transaction() as session:
        assert reminders.bring_back(session, settings, now()) == 0
        assert call_backs.count_overdue(session, sokha) == 0
        assert reminders.bring_back(session, settings, due + timedelta(minutes=1)) == 1
        assert reminders.bring_back(session, settings, due + timedelta(minutes=1)) == 0
    with database.reading() as session:
        newest = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert newest and newest.id != claimed
        assert (newest.state, newest.reason) == (State.WAITING, "call_back")


def test_nobody_answers_and_it_is_tried_again_or_given_up(
    database: Database, claimed: int, sokha: Operator
) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        call = call_backs.schedule(session, sokha, conversation, now() + timedelta(hours=1))
        call.due_at = now() - timedelta(minutes=1)
        session.flush()
        assert call_backs.count_overdue(session, sokha) == 1
        with pytest.raises(ValueError, match="passed"):
            call_backs.no_answer(session, sokha, call, now() - timedelta(hours=1))
        call_backs.no_answer(session, sokha, call, now() + timedelta(hours=1))
        assert (call.state, call.tries) == (CallState.DUE, 1)
        call_backs.no_answer(session, sokha, call, None)
        assert (call.state, call.tries) == (CallState.NO_ANSWER, 2)
        assert call_backs.open_ones(session, sokha) == []
        assert call_backs.ended(session, sokha) == [call]


def test_calls_of_another_team_are_not_listed(database: Database, claimed: int, sokha: Operator) -> None:
    with database.transaction() as session:
        other, _ = operators.add(session, "dara")
        conversation = session.get_one(Conversation, claimed)
        conversation.team_id = session.scalars(select(Team.id).where(Team.key == "womens_desk")).one()
        call_backs.schedule(session, sokha, conversation, now() + timedelta(hours=1))
        assert call_backs.open_ones(session, other) == []
        assert len(call_backs.open_ones(session, sokha)) == 1  # their own conversation


# Wrap-up.


@pytest.mark.parametrize(
    ("ending", "lacks"),
    [
        (Ending(""), "outcome"),
        (Ending("helped"), "topics"),
        (Ending("helped", ("nonsense",)), "topics"),
        (Ending("helped", ("gbv",)), "steps"),
        (Ending("referred", ("gbv",), note="x"), "referrals"),
        (Ending("helped", ("gbv",), note="x", follow_up_on=date(2020, 1, 1)), "date"),
    ],
)
def test_a_sensitive_conversation_is_not_closed_without_its_wrap_up(
    database: Database, claimed: int, sokha: Operator, ending: Ending, lacks: str
) -> None:
    with database.transaction() as session:
        with pytest.raises(wrap_up.Incomplete) as problem:
            wrap_up.close(session, claimed, sokha, ending)
        assert problem.value.what == lacks
        with pytest.raises(handoff.WrapUpMissing):
            handoff.close(session, claimed, sokha, "helped")
        assert session.get_one(Conversation, claimed).state == State.WITH_OPERATOR


def test_an_everyday_conversation_closes_with_its_outcome_alone(database: Database, sokha: Operator) -> None:
    everyday = new_waiting(database, "hello", "+85510000002", priority=3)
    with database.transaction() as session:
        handoff.claim(session, everyday, session.get_one(Operator, sokha.id))
        wrap_up.close(session, everyday, sokha, Ending("helped"))
        assert session.get_one(Conversation, everyday).state == State.CLOSED


def test_ticked_mandatory_steps_need_no_reason(database: Database, claimed: int, sokha: Operator) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        for step in protocols.undone(session, conversation):
            protocols.tick(session, sokha, conversation, "gbv", step.id, True)
        wrap_up.close(session, claimed, sokha, Ending("referred", ("gbv",), ("svc-ossu",)))
        kept = wrap_up.of(session, conversation)
        assert kept and (kept.topics, kept.referrals) == (["gbv"], ["svc-ossu"])


def test_a_follow_up_comes_back_on_its_day_once(
    database: Database, settings: Settings, claimed: int, sokha: Operator
) -> None:
    day = facts.today() + timedelta(days=3)
    with database.transaction() as session:
        wrap_up.close(session, claimed, sokha, Ending("helped", ("gbv",), note="x", follow_up_on=day))
    late_evening_before = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
    morning = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)  # nine o'clock there
    with database.transaction() as session:
        assert reminders.bring_back(session, settings, late_evening_before) == 0
        assert reminders.bring_back(session, replace(settings, open_hours=(10, 17)), morning) == 0
        assert reminders.bring_back(session, settings, morning) == 1
        assert reminders.bring_back(session, settings, morning) == 0
        queued = session.scalars(select(Conversation).where(Conversation.state == State.WAITING)).one()
        assert (queued.reason, queued.id != claimed) == ("follow_up", True)


def test_deleting_takes_drafts_calls_and_wrap_ups_of_ended_conversations(
    database: Database, claimed: int, sokha: Operator
) -> None:
    with database.transaction() as session:
        conversation = session.get_one(Conversation, claimed)
        mentions.note(session, conversation, sokha, "@sokha")
        call_backs.schedule(session, sokha, conversation, now() + timedelta(hours=1), note="x")
        wrap_up.close(session, claimed, sokha, Ending("helped", ("gbv",), note="x"))
        privacy.forget(session, session.scalars(select(Contact)).one())
        for table in (Draft, WrapUp, Note):
            assert session.scalars(select(table)).first() is None
