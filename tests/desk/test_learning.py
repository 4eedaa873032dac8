"""From a message to a line to learn from: nothing unchecked is kept, and forgetting takes it along."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from bot import inbox, operators
from bot.brain import BrainTurn, Events, Understanding
from bot.database import Database
from bot.learning import examples, export
from bot.learning.examples import NotLearnable
from bot.models import Channel, Contact, LearningCandidate, LearningExample, Message, Operator
from bot.settings import Settings
from bot.turn import take_turn
from tests.console.conftest import new_waiting


class Puzzled:
    """A brain that is sure of nothing."""

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        understanding = Understanding("job_find", 0.1, {"job_find": 0.1, "greet": 0.1}, {})
        return BrainTurn([{"do": "offer", "intents": []}], [], understanding)


@pytest.fixture
def dara(database: Database) -> Operator:
    with database.transaction() as session:
        return operators.add(session, "dara")[0]


def write(database: Database, settings: Settings, text: str, identity: str = "1") -> int:
    """A person's message taken through a real turn; its id."""
    inbox.accept(database, inbox.Inbound(Channel.SMS, identity, "+85510000001", text))
    claim = inbox.claim_next(database)
    assert claim
    take_turn(database, claim, Puzzled(), settings)
    return claim.message_id


TEXT = "blim blam call me 012 345 678"


def test_what_the_bot_did_not_understand_is_noted_without_its_words(
    database: Database, settings: Settings, dara: Operator
) -> None:
    message = write(database, settings, TEXT)
    with database.reading() as session:
        assert session.get(LearningCandidate, message) is not None
        assert session.scalars(select(LearningExample)).all() == []
        found = examples.candidates(session, dara)
    assert [c.redacted for c in found] == ["blim blam call me [phone]"]


def test_only_a_checked_text_is_kept_and_only_without_numbers(
    database: Database, settings: Settings, dara: Operator, sophea: Operator
) -> None:
    message = write(database, settings, TEXT)
    with database.transaction() as session, pytest.raises(NotLearnable, match="digit_left"):
        examples.release(session, dara, message, TEXT)
    with database.transaction() as session:
        examples.release(session, dara, message, "blim blam [phone]")
    with database.transaction() as session:
        assert examples.candidates(session, dara) == []
        waiting = examples.released(session)
        assert [e.text for e in waiting] == ["blim blam [phone]"]
        examples.label(session, sophea, waiting[0].id, "ask_callback", waiting[0].text)
        assert [e.intent for e in examples.labelled(session)] == ["ask_callback"]


def test_an_operator_says_what_a_message_means(
    database: Database, settings: Settings, dara: Operator
) -> None:
    message = write(database, settings, TEXT)
    with database.transaction() as session:
        examples.relabel(session, dara, session.get_one(Message, message), "job_find")
        with pytest.raises(NotLearnable, match="unknown_intent"):
            examples.relabel(session, dara, session.get_one(Message, message), "nothing")
    with database.reading() as session:
        assert [(c.why, c.intent) for c in examples.candidates(session, dara)] == [("relabelled", "job_find")]


def test_sensitive_conversations_are_left_out_unless_an_operator_relabels(
    database: Database, dara: Operator
) -> None:
    conversation = new_waiting(database, "he hits me")
    with database.transaction() as session:
        message = session.scalars(select(Message).where(Message.conversation_id == conversation)).one()
        examples.note_not_understood(session, message)
        session.flush()
        assert examples.candidates(session, dara) == []
        examples.relabel(session, dara, message, "gbv")
        session.flush()
        assert len(examples.candidates(session, dara)) == 1


def test_who_may_not_read_a_conversation_neither_sees_nor_releases_its_messages(
    database: Database, settings: Settings, sophea: Operator
) -> None:
    with database.transaction() as session:
        manager = session.get_one(Operator, sophea.id)
        manager.role = "manager"  # type: ignore[assignment]
    message = write(database, settings, TEXT)
    with database.transaction() as session:
        assert examples.candidates(session, manager) == []
        with pytest.raises(NotLearnable, match="gone"):
            examples.release(session, manager, message, "blim blam")


def test_forgetting_a_person_takes_along_what_was_kept_of_them(
    database: Database, settings: Settings, dara: Operator
) -> None:
    message = write(database, settings, TEXT)
    other = write(database, settings, "blim again", "2")
    with database.transaction() as session:
        examples.release(session, dara, message, "blim blam")
        examples.forget(session, session.scalars(select(Contact)).one())
    with database.reading() as session:
        assert session.scalars(select(LearningExample)).all() == []
        assert session.get(LearningCandidate, other) is None


def test_labelled_examples_become_training_messages_that_nobody_can_be_told_from(
    database: Database, settings: Settings, dara: Operator, sophea: Operator, tmp_path: Path
) -> None:
    message = write(database, settings, TEXT)
    with database.transaction() as session:
        kept = examples.release(session, dara, message, "blim [blam] [phone] [name]")
        examples.label(session, sophea, kept.id, "ask_callback", kept.text)
        labelled = examples.labelled(session)
        files = export.write(labelled, tmp_path)
        examples.mark_exported(session, labelled)
    with database.reading() as session:
        assert session.scalars(select(LearningExample)).one().contact_id is None
        assert examples.labelled(session) == []
        form = session.scalars(select(Contact)).one().form
    assert files == [tmp_path / form / "ask_callback_learned.yml"]
    held = yaml.safe_load(files[0].read_text("utf-8"))["nlu"][0]
    assert held == {"intent": "ask_callback", "examples": "- blim blam 000000000\n"}
    assert files[0].stat().st_mode & 0o077 == 0
