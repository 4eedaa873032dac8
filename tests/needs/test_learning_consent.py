"""May the bot learn from this person's messages: asked once at a calm moment; what each answer changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import consent, handoff, inbox, operators, picks, privacy
from bot.brain import BrainTurn, Events, Understanding
from bot.database import Database
from bot.decide import decide
from bot.decision import Incoming, Situation
from bot.learning import by_consent, examples
from bot.models import (
    Channel,
    Contact,
    Conversation,
    Form,
    LearningCandidate,
    LearningExample,
    Message,
    Priority,
    State,
)
from bot.models.columns import now
from bot.needs import my_data
from bot.replies import Option, compose
from bot.segments import MOST_SEGMENTS, count
from bot.settings import Settings
from bot.turn import take_turn
from bot.words import say
from tests.needs.conftest import Someone

QUESTION = "!consent:learn:yes"


class Brain:
    """Sure of thanks, puzzled by anything else."""

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        if "thank" in text:
            acts = [{"do": "say", "say": "thanks_bye"}]
            return BrainTurn(acts, [], Understanding("thanks_bye", 0.99, {"thanks_bye": 0.99}, {}))
        puzzled = Understanding("job_find", 0.1, {"job_find": 0.1, "greet": 0.1}, {})
        return BrainTurn([{"do": "offer", "intents": []}], [], puzzled)


class Sender:
    """A person's phone, with that brain."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings, self._number = database, settings, 0

    def write(self, text: str = "", payload: str | None = None) -> list[str]:
        """Sends, and returns the payloads that the reply offers."""
        self._number += 1
        kind = {"kind": "button", "payload": payload} if payload else {}
        inbound = inbox.Inbound(Channel.SMS, str(self._number), "+85510000001", text, **kind)  # type: ignore[arg-type]
        inbox.accept(self._database, inbound)
        claim = inbox.claim_next(self._database)
        assert claim
        take_turn(self._database, claim, Brain(), self._settings)
        with self._database.reading() as session:
            found = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
            assert found
            return [option["payload"] for option in found.options or []]


@pytest.fixture
def sender(database: Database, settings: Settings) -> Sender:
    return Sender(database, settings)


def contact_of(database: Database) -> Contact:
    with database.reading() as session:
        return session.scalars(select(Contact)).one()


def kept(database: Database) -> list[str]:
    with database.reading() as session:
        return [example.text for example in session.scalars(select(LearningExample))]


@pytest.mark.parametrize("form", Form)
def test_the_goodbye_with_the_question_and_all_choices_fits(form: Form) -> None:
    options = [Option(say(key, form), "x") for key in ("option_yes", "option_no", "option_why")]
    reply = compose([say("thanks_bye", form)], options, form, Channel.SMS, question=say("ask_learn", form))
    assert reply.segments <= MOST_SEGMENTS and not reply.more
    assert count(say("ask_learn", form)) <= 2


def test_it_is_asked_at_a_goodbye_where_there_is_something_to_learn(
    sender: Sender, database: Database
) -> None:
    assert QUESTION not in sender.write("thank you")
    sender.write("blim blam 012 345 678")
    assert QUESTION in sender.write("thank you")
    assert kept(database) == []


def test_it_is_asked_once_in_a_lifetime_answered_or_not(sender: Sender, database: Database) -> None:
    sender.write("blim blam")
    assert QUESTION in sender.write("thank you")
    assert QUESTION not in sender.write("thank you")
    with database.transaction() as session:
        held = session.scalars(select(Contact)).one()
        assert held.learning_asked_at
        held.learning_asked_at -= timedelta(days=400)
    sender.write("blim again")
    assert QUESTION not in sender.write("thank you")


def test_after_a_yes_messages_come_to_the_list_stripped_and_unread_by_anybody(
    sender: Sender, database: Database
) -> None:
    sender.write("blim blam 012 345 678")
    sender.write("thank you")
    sender.write(payload=QUESTION)
    assert kept(database) == ["blim blam [phone]"]
    sender.write("blom my name is Sok")
    assert kept(database) == ["blim blam [phone]", "blom my name is [name]"]
    with database.reading() as session:
        assert {e.released_by for e in session.scalars(select(LearningExample))} == {None}
        assert [e.text for e in examples.released(session)] == kept(database)


def test_after_a_no_nothing_is_noted_and_an_operator_is_told(sender: Sender, database: Database) -> None:
    sender.write("blim blam")
    sender.write("thank you")
    sender.write(payload="!consent:learn:no")
    sender.write("blom blum")
    with database.transaction() as session:
        assert session.scalars(select(LearningCandidate)).all() == []
        operator = operators.add(session, "dara")[0]
        message = session.scalars(select(Message).order_by(Message.id)).first()
        assert message
        with pytest.raises(examples.NotLearnable, match="person_said_no"):
            examples.relabel(session, operator, message, "job_find")
    assert kept(database) == []


def test_withdrawing_removes_what_came_from_it_and_proves_it(sender: Sender, database: Database) -> None:
    sender.write("blim blam")
    sender.write("thank you")
    sender.write(payload=QUESTION)
    with database.transaction() as session:
        erasure = privacy.withdraw(session, session.scalars(select(Contact)).one())
        assert erasure and erasure.counts == {"learning_examples": 1}
    assert kept(database) == []
    sender.write("blom blum")
    with database.reading() as session:
        assert session.scalars(select(LearningCandidate)).all() == []


def test_what_is_known_of_a_person_names_it(person: Someone) -> None:
    person.agree(consent.LEARN)
    date = {"date": f"{now():%d/%m/%Y}"}
    assert say("my_consent_learn", Form.ENGLISH, date) in my_data.sentences(
        person.session, person.contact, Form.ENGLISH
    )


def note(person: Someone, text: str = "blim blam") -> Message:
    message = Message(
        contact_id=person.contact.id, conversation_id=person.conversation.id, direction="in", channel="sms",
        author="person", body=text, provider_id=text, state="handled", position=1, form="en",
    )  # fmt: skip
    person.session.add(message)
    person.session.flush()
    examples.note_not_understood(person.session, message)
    person.session.flush()
    return message


@pytest.mark.parametrize("what", ["danger before", "wary", "not safe", "covered", "child"])
def test_it_is_never_asked_after_danger_where_texting_is_not_safe_or_of_a_child(
    person: Someone, what: str
) -> None:
    note(person)
    assert by_consent.may_ask(person.session, person.contact, person.conversation)
    match what:
        case "danger before":
            old = Conversation(contact_id=person.contact.id, not_understood=0, pages=0)
            person.session.add(old)
            person.session.flush()
            handoff.escalate(person.session, old, "gbv", Priority.SENSITIVE)
            person.session.flush()
        case "wary":
            person.conversation.wary = True
        case "not safe":
            person.contact.safe_to_text = False
        case "covered":
            person.contact.covered_since = now()
        case "child":
            person.contact.seems_child = True
    assert not by_consent.may_ask(person.session, person.contact, person.conversation)


def test_messages_of_a_sensitive_conversation_wait_for_a_persons_eyes_even_with_a_yes(
    person: Someone,
) -> None:
    person.agree(consent.LEARN)
    message = note(person)
    handoff.escalate(person.session, person.conversation, "gbv", Priority.SENSITIVE)
    person.session.flush()
    assert by_consent.take(person.session, person.contact) == 0
    assert person.session.get_one(LearningCandidate, message.id).state == "open"


@pytest.mark.parametrize("situation", [Situation(state=State.WAITING), Situation(wary=True)])
def test_a_goodbye_with_a_person_or_after_a_sign_of_danger_is_no_moment_to_ask(situation: Situation) -> None:
    calm = decide(Incoming("thank you", "text", None), Situation(is_first=False), Brain())
    assert {"do": "ask_learn"} in calm.acts
    decision = decide(Incoming("thank you", "text", None), replace(situation, is_first=False), Brain())
    assert {"do": "ask_learn"} not in decision.acts


def test_only_known_answers_are_taken() -> None:
    assert picks.is_valid(QUESTION) and picks.is_valid("!why:learn")
    assert not picks.is_valid("!consent:share:yes")
