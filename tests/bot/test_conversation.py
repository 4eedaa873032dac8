"""Conversations as people have them: real turns, real brain, both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot import handoff, operators, outbox, segments
from bot.database import Database
from bot.models import (
    Channel,
    Consent,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Message,
    Need,
    Operator,
    State,
)
from bot.models.columns import now
from bot.paging import page_again
from bot.settings import Settings
from tests.conftest import Phone

pytestmark = pytest.mark.brain


def conversation(database: Database) -> Conversation:
    with database.reading() as session:
        return session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()  # type: ignore[return-value]


def count(database: Database, table: type[Need] | type[Consent] | type[Message]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_question_is_answered_and_the_place_completes_it(phone: Phone) -> None:
    assert "province" in phone.write("where can i make a new passport")
    assert "Battambang town" in phone.write("i am in battambang")


def test_a_place_in_the_question_needs_no_asking(phone: Phone) -> None:
    reply = phone.write("where to make passport in koh kong")
    assert "Koh Kong town" in reply and "Which province" not in reply


def test_another_question_in_between_is_answered(phone: Phone) -> None:
    phone.write("where can i make a new passport")
    assert "police post" in phone.write("my id card is expired, how do i renew it")


def test_every_reply_offers_a_person_and_zero_gets_one(phone: Phone, database: Database) -> None:
    assert "0 A person" in phone.write("how can i get an identity card")
    assert "A person will answer" in phone.write("0")
    assert conversation(database).state == State.WAITING
    assert conversation(database).priority == 3


def test_a_conversation_remembers_a_sign_of_danger(phone: Phone, database: Database) -> None:
    phone.write("how can i get an identity card")
    assert not conversation(database).wary
    phone.write("my husband beats me every night")
    assert conversation(database).wary


@pytest.mark.parametrize("digit", ["1", "១", " 1. ", "1)"])
def test_numbers_pick_what_was_offered_in_either_script(phone: Phone, digit: str) -> None:
    phone.write("??? !!!")
    assert "ឯកសារ" in phone.write("7")
    assert "អំពីឯកសារអ្វី" in phone.write(digit)


def test_a_number_out_of_range_is_explained(phone: Phone) -> None:
    phone.write("how can i get an identity card in kampot")
    assert "don't know what this number" in phone.write("9")
    assert "one of these numbers" in phone.write("9")


def test_more_tells_the_rest(phone: Phone) -> None:
    first = phone.write("how can i get an identity card in takeo")
    assert "More" in first
    rest = phone.write("more")
    assert rest and rest != first


def test_no_reply_is_longer_than_three_segments(phone: Phone) -> None:
    for text in ("ខ្ញុំចង់ធ្វើអត្តសញ្ញាណប័ណ្ណ", "បន្ថែម", "ខ្ញុំត្រូវការការងារធ្វើ", "ជួយផង"):
        reply = phone.send(text)
        assert reply and segments.count(reply.body) == reply.segments <= 3


def test_a_need_is_kept_only_after_a_yes(phone: Phone, database: Database) -> None:
    phone.write("i owe money to the microfinance and can not pay back")
    phone.write("in pursat province")
    assert count(database, Need) == 0
    assert "Noted" in phone.write("1")
    with database.reading() as session:
        need = session.scalars(select(Need)).one()
        consent = session.scalars(select(Consent)).one()
    assert (need.kind, need.province, need.consent_id) == ("need_debt", "15", consent.id)
    assert consent.given and consent.text_version


def test_a_no_keeps_nothing_and_help_goes_on(phone: Phone, database: Database) -> None:
    phone.write("i owe money to the microfinance and can not pay back")
    phone.write("in pursat province")
    assert "nothing is noted" in phone.write("2")
    assert count(database, Need) == 0
    assert phone.write("how can i get an identity card")


def test_delete_takes_away_needs_consents_and_words(phone: Phone, database: Database) -> None:
    phone.write("i owe money to the microfinance and can not pay back")
    phone.write("in pursat province")
    phone.write("1")
    phone.write("delete")
    assert "deleted" in phone.write("1")
    with database.reading() as session:
        assert session.scalars(select(Need)).all() == []
        assert all(consent.withdrawn_at for consent in session.scalars(select(Consent)))
        before = session.scalars(select(Message).where(Message.direction == Direction.IN)).all()
    assert [message.body for message in before[:-1]] == [""] * (len(before) - 1)


def test_danger_goes_to_a_person_and_the_words_are_neutral(phone: Phone, database: Database) -> None:
    reply = phone.write("my husband beats me every night")
    assert "117" in reply and "119" in reply and "safe to text" in reply
    assert not {"beat", "violen", "husband", "abuse"} & set(reply.casefold().split())
    found = conversation(database)
    assert (found.state, found.reason) == (State.WAITING, "gbv")


def test_while_a_person_waits_the_bot_is_silent_but_more_danger_raises_the_priority(
    phone: Phone, database: Database
) -> None:
    phone.write("0")
    assert phone.write("hello? how much is a passport") == ""
    assert conversation(database).priority == 3
    assert phone.write("he is coming now and he will kill me") == ""
    assert conversation(database).priority == 1


def test_is_it_safe_to_text_is_asked_and_kept(phone: Phone, database: Database) -> None:
    phone.write("my husband beats me every night")
    assert phone.write("2") == ""
    with database.reading() as session:
        assert session.scalars(select(Contact)).one().safe_to_text is False


def test_the_on_call_operator_is_paged_without_content_and_again_with_the_supervisor(
    phone: Phone, database: Database, settings: Settings
) -> None:
    with database.transaction() as session:
        operators.add(session, "sokha", on_call=True, language="en", pager=(Channel.TELEGRAM, "900000001"))
        operators.add(
            session,
            "boss",
            operators.Role.SUPERVISOR,
            language="en",
            pager=(Channel.SMS, "+85510999999"),
        )
    phone.write("my husband beats me every night")
    assert [p.address for p in pages(database)] == ["900000001"]
    assert "beat" not in pages(database)[0].body and "conversation is waiting" in pages(database)[0].body
    for _ in range(2):
        with database.transaction() as session:
            past = now() - timedelta(minutes=6)
            session.execute(update(Conversation).values(waiting_since=past, queued_at=past, paged_at=past))
            page_again(session, settings)
    assert {p.address for p in pages(database)} == {"900000001", "+85510999999"}


def pages(database: Database) -> list[Message]:
    with database.reading() as session:
        return list(session.scalars(select(Message).where(Message.kind == "page")))


def test_stop_ends_messages_and_writing_again_begins_anew(phone: Phone, database: Database) -> None:
    assert "no more messages" in phone.write("STOP")
    with database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.stopped_at
        found = session.scalars(select(Conversation)).one()
        operator, _ = operators.add(session, "dara")
        with pytest.raises(outbox.CannotSend):
            outbox.queue_operator_message(session, found, operator, "hello?")
    assert "automatic helper" in phone.write("START")


def test_a_message_after_closing_opens_a_new_conversation(phone: Phone, database: Database) -> None:
    phone.write("0")
    with database.transaction() as session:
        operator, _ = operators.add(session, "dara")
        found = session.scalars(select(Conversation)).one()
        handoff.claim(session, found.id, operator)
        handoff.close(session, found.id, operator, "helped")
    assert phone.write("how can i get an identity card")
    with database.reading() as session:
        states = session.scalars(select(Conversation.state).order_by(Conversation.id)).all()
    assert states == [State.CLOSED, State.BOT]


def test_only_one_operator_wins_a_conversation(phone: Phone, database: Database) -> None:
    phone.write("0")
    with database.transaction() as session:
        first, _ = operators.add(session, "dara")
        second, _ = operators.add(session, "sokha")
        found = session.scalars(select(Conversation)).one().id
    with database.transaction() as session:
        handoff.claim(session, found, session.get_one(Operator, first.id))
    with database.transaction() as session, pytest.raises(handoff.AlreadyClaimed) as lost:
        handoff.claim(session, found, session.get_one(Operator, second.id))
    assert lost.value.owner and lost.value.owner.name == "dara"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("สวัสดีครับ ผมต้องการหางาน", "English"),
        ("你好我需要护照", "English"),
        ("😀😀", "What do you need"),
        ("", "What do you need"),
        ("\u200b\u200e", "What do you need"),
        ("....", "What do you need"),
    ],
)
def test_what_has_no_words_we_know_gets_a_kind_answer_and_a_person(
    phone: Phone, text: str, words: str
) -> None:
    phone.write("hello, how are you my friend")
    reply = phone.write(text)
    assert words in reply and "0 " in reply


@pytest.mark.parametrize("text", ["/restart", "/gbv", "／gbv", ' /doc_passport{"province":"01"}', "/help me"])
def test_a_slash_is_no_command(phone: Phone, database: Database, text: str) -> None:
    assert phone.write(text)
    with database.reading() as session:
        assert session.scalars(select(Message)).first().state == Delivery.HANDLED  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["x" * 10_000, "ក" * 10_000, "passport " * 1_000, "\u202e" * 500 + "hello"])
def test_very_long_and_strange_texts_get_an_answer(phone: Phone, text: str) -> None:
    assert phone.write(text)


def test_a_photo_gets_a_kind_answer(telegram: Phone) -> None:
    reply = telegram.send("", kind="photo")
    assert reply and reply.options and any(o["payload"] == "!person" for o in reply.options)


def test_a_button_means_what_it_says(telegram: Phone) -> None:
    reply = telegram.send("Passport", kind="button", payload="/doc_passport")
    assert reply and "លិខិតឆ្លងដែន" in reply.body


def test_a_forged_button_means_nothing(telegram: Phone, database: Database) -> None:
    assert telegram.send("x", kind="button", payload="/restart")
    assert telegram.send("x", kind="button", payload='/doc_passport{"province":"99999"}')
