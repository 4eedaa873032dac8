"""The database read whole after a refusal, a withdrawal and a child's visit: every row of every table.

What may hold rows about a person then is stated here; anything else, today's or a table that comes later,
fails the test.
"""

from __future__ import annotations

import pytest
from sqlalchemy import Table, select

from bot.database import Database
from bot.models import Base, Consent, Conversation
from bot.needs.interview import _ANSWER_SLOTS
from tests.conftest import Phone

pytestmark = pytest.mark.brain

# What a message needs to be answered, until its retention time (docs/retention.md): the address, the
# conversation's state, the words that came and went.
# That something happened in a conversation is told to open consoles by its number alone, for minutes.
TO_ANSWER = {"contact", "conversation", "message", "live_event"}
# The no itself, with the words it answered: or it would be asked again at once.
THE_NO = {"consent", "consent_text"}
# The proof of deleting, without content, and the trail that says that it happened.
THE_PROOF = {"erasure", "audit_event"}
# A person has it: why and since when, and whom of ours was told.
THE_QUEUE = {"escalation"}
# Words of the person that are in no code, and their codes.
OWN_WORDS = ("Sokunthea", "bamboo")

Rows = dict[str, list[dict[str, object]]]


def dump(database: Database) -> Rows:
    """Every row of every table with its values as people of ours could read them."""
    with database.reading() as session:
        rows: Rows = {}
        for mapper in Base.registry.mappers:
            found = session.scalars(select(mapper.class_)).all()
            names = [attribute.key for attribute in mapper.column_attrs]
            table = mapper.local_table
            assert isinstance(table, Table)
            rows[table.name] = [{n: getattr(row, n) for n in names} for row in found]
        for table in set(Base.metadata.tables.values()):
            if table.name not in rows:  # a table between two others
                rows[table.name] = [dict(row) for row in session.execute(select(table)).mappings()]
        assert set(rows) == set(Base.metadata.tables)
        return rows


def changed(before: Rows, after: Rows) -> set[str]:
    """The tables that hold other rows than before."""
    return {name for name, rows in after.items() if rows != before[name]}


def tell(phone: Phone) -> None:
    """An interview with a name and words of the person's own, up to the question of consent."""
    phone.write("hello there my friend")
    phone.write("", kind="button", payload="!interview:on")
    phone.write("4")
    phone.write("takeo")
    phone.write("my grandmother Sokunthea and 3 kids")
    phone.write("2")
    phone.write("I made bamboo baskets")
    phone.write("", kind="button", payload='/affirm{"reach":"text"}')


def nothing_told_is_left(rows: Rows, *, in_messages: bool) -> None:
    """No code and no word of the interview in any row, but in the messages themselves until they expire."""
    for conversation in rows["conversation"]:
        assert conversation["draft"] is None
        for event in conversation["brain_events"] or []:  # type: ignore[attr-defined]
            assert event.get("name") not in _ANSWER_SLOTS, event
    for name, table in rows.items():
        if name != "message":
            assert not any(word in repr(table) for word in OWN_WORDS), name
    said = repr([row["body"] for row in rows["message"] if row["direction"] == "in"])
    assert all(word in said for word in OWN_WORDS) == in_messages
    for row in rows["message"]:
        others = {name: value for name, value in row.items() if name != "body"}
        assert not any(word in repr(others) for word in OWN_WORDS)


def test_after_a_refusal_only_what_answering_needs_and_the_no_are_there(
    phone: Phone, database: Database
) -> None:
    before = dump(database)
    tell(phone)
    phone.write("no")
    after = dump(database)
    assert changed(before, after) == TO_ANSWER | THE_NO
    assert [row["given"] for row in after["consent"]] == [False]
    nothing_told_is_left(after, in_messages=True)


def test_a_withdrawal_in_the_middle_leaves_its_proof_and_nothing_that_was_told(
    phone: Phone, database: Database
) -> None:
    before = dump(database)
    tell(phone)
    phone.write("yes")
    phone.write("yes")  # may be written to later: a follow-up is due
    assert {"need", "profile", "follow_up"} <= changed(before, dump(database))
    phone.write("", kind="button", payload="!interview:anew")
    phone.write("1 3")
    phone.write("kampot")
    assert "deleted" in phone.write("withdraw")
    after = dump(database)
    assert changed(before, after) == TO_ANSWER | THE_NO | THE_PROOF
    assert all(row["withdrawn_at"] for row in after["consent"] if row["given"])
    nothing_told_is_left(after, in_messages=True)


def test_deleting_takes_the_words_of_the_messages_too(phone: Phone, database: Database) -> None:
    before = dump(database)
    tell(phone)
    phone.write("yes")
    phone.write("no")
    phone.write("delete")
    assert "Receipt" in phone.write("1")
    after = dump(database)
    assert changed(before, after) == TO_ANSWER | THE_NO | THE_PROOF
    nothing_told_is_left(after, in_messages=False)


def test_a_child_alone_leaves_a_place_in_the_queue_and_no_answer_of_consent(
    phone: Phone, database: Database
) -> None:
    before = dump(database)
    phone.write("i am 12 years old and i want to go to school")
    after = dump(database)
    assert changed(before, after) <= TO_ANSWER | THE_QUEUE | {"audit_event"}
    assert after["consent"] == [] and after["conversation"][0]["draft"] is None
    with database.reading() as session:
        assert session.scalars(select(Consent)).first() is None
        assert session.scalars(select(Conversation)).one().contact.seems_child


def test_a_child_who_tells_the_age_in_the_middle_keeps_nothing_of_what_was_told(
    phone: Phone, database: Database
) -> None:
    before = dump(database)
    phone.write("hello there my friend")
    phone.write("", kind="button", payload="!interview:on")
    phone.write("4")
    phone.write("takeo")
    phone.write("my grandmother Sokunthea and 3 kids, i am 12 years old")
    after = dump(database)
    assert changed(before, after) <= TO_ANSWER | THE_QUEUE | {"audit_event"}
    for name in ("need", "profile", "skill", "consent", "follow_up"):
        assert after[name] == []
    assert not any("Sokunthea" in repr(table) for name, table in after.items() if name != "message")
