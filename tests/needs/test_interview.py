"""The interview as people go through it: interrupted, resumed, refused, withdrawn; real turns, real brain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from bot import consent, follow_up
from bot.brain import RasaBrain
from bot.database import Database
from bot.jobs import alerts
from bot.models import (
    Channel,
    Consent,
    ConsentText,
    Contact,
    Conversation,
    Erasure,
    FollowUp,
    Need,
    Profile,
    Skill,
    State,
)
from bot.models.columns import now
from bot.settings import Settings
from tests.conftest import Phone

pytestmark = pytest.mark.brain


@pytest.fixture(params=["sms", "telegram"])
def either(
    request: pytest.FixtureRequest, database: Database, brain: RasaBrain, settings: Settings
) -> Iterator[Phone]:
    """The same person on either channel."""
    address = "+85510000001" if request.param == "sms" else "700000001"
    yield Phone(database, brain, settings, Channel(request.param), address)


def one(database: Database, table: type) -> object:
    with database.reading() as session:
        return session.scalars(select(table)).one()


def kept(database: Database) -> list[type]:
    """The tables that hold something told by consent."""
    with database.reading() as session:
        return [table for table in (Need, Profile, Skill, FollowUp) if session.scalars(select(table)).first()]


def contact(database: Database) -> Contact:
    return one(database, Contact)  # type: ignore[return-value]


def begin(phone: Phone, greeting: str = "hello there my friend") -> str:
    phone.write(greeting)
    return phone.write("", kind="button", payload="!interview:on")


JOURNEYS = {
    "en": (
        "hello there my friend",
        ["1 3", "Takeo", "5 people, 2 kids", "Thailand last month", "sewing and construction"],
    ),
    "km": ("សួស្តី ខ្ញុំទើបមកវិញ", ["១ ៣", "នៅតាកែវ", "៥នាក់ កូន២", "ពីថៃ ខែមុន", "កាត់ដេរ និងសំណង់"]),
    "km_Latn": (
        "suosdei bong knhom sok sabay",
        ["1 3", "nov takeo", "5 neak kon 2", "pi thai khe mun", "kat der ning somnong"],
    ),
}


@pytest.mark.parametrize("form", list(JOURNEYS))
def test_the_whole_interview_by_numbers_and_own_words(either: Phone, database: Database, form: str) -> None:
    greeting, answers = JOURNEYS[form]
    question = begin(either, greeting)
    for number, answer in enumerate(answers, start=1):
        assert question.startswith(f"{number}/6"), question
        question = either.write(answer)
    assert question.startswith("6/6")
    either.write("", kind="button", payload='/affirm{"reach":"text"}')
    assert kept(database) == []
    either.write({"en": "yes", "km": "បាទ", "km_Latn": "bat"}[form])
    profile, agreed = one(database, Profile), one(database, Consent)
    assert isinstance(profile, Profile) and isinstance(agreed, Consent)
    assert (profile.province, profile.household, profile.children) == ("21", "5+", True)
    assert (profile.country, profile.returned, profile.reach) == ("TH", "1-6", "text")
    with database.reading() as session:
        assert set(session.scalars(select(Need.kind))) == {"job_find", "documents"}
        assert set(session.scalars(select(Skill.trade))) == {"garment", "construction"}
        shown = session.get_one(ConsentText, agreed.text_version)
    assert (agreed.form, shown.form) == (form, form)


def test_every_question_can_be_skipped(phone: Phone, database: Database) -> None:
    begin(phone)
    for number in range(2, 7):
        assert phone.write("skip").startswith(f"{number}/6")
    assert "May our staff keep" in phone.write("skip")


def test_a_question_in_between_is_answered_and_the_interview_goes_on(phone: Phone) -> None:
    begin(phone)
    assert phone.write("1").startswith("2/6")
    reply = phone.write("how can i get an identity card?")
    assert "police post" in reply and "2/6" in reply
    assert phone.write("takeo").startswith("3/6")


def test_a_question_whose_answer_needs_a_place_is_completed_before_it_goes_on(phone: Phone) -> None:
    begin(phone)
    reply = phone.write("where can i make a new passport?")
    assert "Which province" in reply
    reply = phone.write("i am in battambang")
    assert "Battambang town" in reply and "1/6" in reply


def test_danger_ends_the_interview_and_reaches_a_person(phone: Phone, database: Database) -> None:
    begin(phone)
    phone.write("1")
    assert "trained person" in phone.write("my husband beats me every night")
    conversation = one(database, Conversation)
    assert isinstance(conversation, Conversation) and conversation.state == State.WAITING
    assert kept(database) == []


def test_it_can_be_gone_on_with_on_another_day(phone: Phone, database: Database) -> None:
    begin(phone)
    phone.write("1")
    phone.write("takeo")
    with database.transaction() as session:
        session.execute(update(Conversation).values(last_message_at=now() - timedelta(hours=30)))
    reply = phone.write("how can i get an identity card?")
    assert "police post" in reply and "Go on" in reply
    assert phone.write("1").startswith("3/6")


def test_who_has_enough_is_left_alone_and_can_come_back(phone: Phone) -> None:
    begin(phone)
    phone.write("1")
    assert "Go on whenever" in phone.write("later")
    assert "2/6" not in phone.write("how can i get an identity card?")
    assert phone.write("continue").startswith("2/6")


def finish(phone: Phone, reach: str = "text") -> str:
    """Answers all six questions; the question of consent."""
    begin(phone)
    phone.write("4")
    phone.write("takeo")
    phone.write("1")
    phone.write("2")
    phone.write("I made bamboo baskets")
    return phone.write("", kind="button", payload=f'/affirm{{"reach":"{reach}"}}')


def test_a_refusal_drops_everything_and_is_not_asked_again_at_once(
    phone: Phone, database: Database, settings: Settings
) -> None:
    assert "May our staff keep" in finish(phone)
    assert "nothing is noted" in phone.write("no")
    assert kept(database) == []
    assert "bamboo" not in dump_but_messages(database)
    reply = phone.write("i owe money to the microfinance and can not pay back in takeo province")
    assert "May our staff keep" not in reply


def test_why_is_explained_and_the_question_stays_open(phone: Phone, database: Database) -> None:
    finish(phone)
    reply = phone.write("why?")
    assert "need not ask you again" in reply and "1 Yes" in reply
    assert "Noted" in phone.write("1")
    assert Profile in kept(database)


def test_own_words_are_kept_encrypted_after_a_yes(phone: Phone, database: Database) -> None:
    finish(phone)
    phone.write("yes")
    profile = one(database, Profile)
    assert isinstance(profile, Profile) and profile.words and "bamboo" in profile.words
    assert "bamboo" not in dump_but_messages(database)


@pytest.mark.parametrize("word", ["withdraw", "stop keeping my answers", "ដកការយល់ព្រម", "dok yol prom"])
def test_consent_is_withdrawn_by_text_and_a_receipt_proves_it(
    phone: Phone, database: Database, word: str
) -> None:
    finish(phone)
    phone.write("yes")
    reply = phone.write(word)
    erasure = one(database, Erasure)
    assert isinstance(erasure, Erasure) and erasure.receipt in reply
    assert kept(database) == []
    with database.reading() as session:
        assert all(one.withdrawn_at for one in session.scalars(select(Consent)) if one.given)


def test_withdrawing_in_the_middle_works_too(phone: Phone, database: Database) -> None:
    finish(phone)
    phone.write("yes")
    phone.write("", kind="button", payload="!interview:anew")
    phone.write("2")
    assert "deleted" in phone.write("withdraw")
    assert kept(database) == []


def test_what_is_known_is_told_corrected_and_deleted(phone: Phone, database: Database) -> None:
    assert "noted nothing" in phone.write("what do you know about me?")
    finish(phone)
    phone.write("yes")
    phone.write("no")
    told = phone.write("what do you know about me?")
    while "More" in told:
        more = phone.write("more")
        told = told.replace("More", "") + more
    for word in ("Debt", "Takeo", "bamboo"):
        assert word in told
    assert "Takeo" not in phone.write("I moved to Kampot") and "Kampot" not in ("",)
    profile = one(database, Profile)
    assert isinstance(profile, Profile) and profile.province == "07"
    phone.write("delete")
    assert "Receipt" in phone.write("1")
    assert kept(database) == []


def test_who_wants_a_call_or_a_woman_is_in_the_queue(phone: Phone, database: Database) -> None:
    finish(phone, "call_w")
    assert "person will" in phone.write("yes")
    conversation = one(database, Conversation)
    assert isinstance(conversation, Conversation)
    assert (conversation.state, conversation.reason) == (State.WAITING, "asked_for_woman")


def test_a_child_alone_goes_to_a_person_and_is_not_asked(phone: Phone, database: Database) -> None:
    phone.write("i am 12 years old and i want to go to school")
    conversation = one(database, Conversation)
    assert isinstance(conversation, Conversation) and conversation.state == State.WAITING
    assert contact(database).seems_child
    with database.reading() as session:
        assert not consent.may_ask(session, session.get_one(Contact, 1), consent.KEEP_NEEDS)


def test_a_follow_up_answered_not_yet_comes_back_to_the_queue(
    phone: Phone, database: Database, settings: Settings
) -> None:
    finish(phone)
    phone.write("yes")
    assert "14 days" in phone.write("yes")
    always = settings.__class__(**{**vars(settings), "outbound_hours": (0, 24)})
    with database.transaction() as session:
        session.execute(update(FollowUp).values(due_at=now()))
        assert follow_up.send_due(session, always) == 1
    reply = phone.write("2")
    assert "look again" in reply
    conversation = one(database, Conversation)
    assert isinstance(conversation, Conversation)
    assert (conversation.state, conversation.reason) == (State.WAITING, "follow_up_not_yet")


def test_an_unclear_yes_is_no_consent(phone: Phone, database: Database) -> None:
    finish(phone)
    assert "May our staff keep" in phone.write("in pursat province")
    assert kept(database) == []


def dump_but_messages(database: Database) -> str:
    """Every value of every table as it lies in the database, but for what people wrote (encrypted too)."""
    with database.engine.connect() as connection:
        names = list(Conversation.metadata.tables)
        rows = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names]
    return repr(rows)


def test_nothing_told_is_readable_or_kept_without_consent(either: Phone, database: Database) -> None:
    begin(either)
    either.write("4")
    either.write("takeo")
    either.write("my grandmother Sokunthea and 3 kids")
    dump = dump_but_messages(database)
    for told in ("Sokunthea", "'5+c'", '"5+c"'):  # bare, a ciphertext may have the latter by chance
        assert told not in dump
    assert kept(database) == []


def told_of_work(phone: Phone, database: Database, greeting: str, yes: str) -> None:
    """Somebody whose needs are noted: work and papers."""
    begin(phone, greeting)
    phone.write("1 3")
    for _question in range(5):
        phone.write("", kind="button", payload="/deny")
    phone.write(yes)
    assert open_needs(database) == {"job_find", "documents"}


def open_needs(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Need.kind).where(Need.state == "open")))


@pytest.mark.parametrize(
    ("greeting", "yes", "over", "confirmed"),
    [
        ("hello there my friend", "yes", "I don't need a job any more", "any more: Work"),
        ("សួស្តី ខ្ញុំទើបមកវិញ", "បាទ", "រកការងារបានហើយ មិនត្រូវការទៀតទេ", "រួចហើយ៖ រកការងារ"),
        ("suosdei bong knhom sok sabay", "bat", "ban kar ngea hery ot trov kar te", "done: Rok kangea"),
    ],
)
def test_a_need_that_is_over_is_ended_by_text_and_confirmed_in_one_message(
    either: Phone, database: Database, greeting: str, yes: str, over: str, confirmed: str
) -> None:
    told_of_work(either, database, greeting, yes)
    either.write("", kind="button", payload="!consent:contact_later:no")
    reply = either.send(over)
    assert reply is not None and confirmed.split(": ")[-1] in reply.body and reply.segments <= 3
    assert open_needs(database) == {"documents"}


def test_which_one_is_asked_where_it_isnt_named_and_a_mistake_is_undone(
    phone: Phone, database: Database
) -> None:
    told_of_work(phone, database, "hello there my friend", "yes")
    phone.write("no")
    reply = phone.write("I don't need it any more, thanks")
    assert "Which one" in reply and "1 Work" in reply and "2 Papers" in reply
    assert "Noted" in phone.write("2")
    assert open_needs(database) == {"job_find"}
    assert "noted again" in phone.write("1")
    assert open_needs(database) == {"job_find", "documents"}


def test_alerts_and_the_follow_up_end_with_the_need_only_after_a_yes(
    phone: Phone, database: Database
) -> None:
    told_of_work(phone, database, "hello there my friend", "yes")
    phone.write("yes")
    phone.write("I no longer need papers")
    with database.transaction() as session:
        person = session.get_one(Contact, 1)
        agreed = consent.standing(session, person, consent.CONTACT_LATER)
        assert agreed is not None
        alerts.subscribe(session, agreed, person, "job", None, "21")
    reply = phone.write("I found a job")
    assert "stop texting" in reply and "not ask later" in reply
    assert FollowUp in kept(database)
    assert "we stop" in phone.write("1")
    assert FollowUp not in kept(database)
    with database.reading() as session:
        assert alerts.standing(session, session.get_one(Contact, 1)) == []


def test_who_has_nothing_noted_is_answered_as_before(phone: Phone, database: Database) -> None:
    assert "Noted" not in phone.write("I don't need a job any more")


def test_no_longer_wanting_to_live_is_no_piece_of_news(phone: Phone, database: Database) -> None:
    told_of_work(phone, database, "hello there my friend", "yes")
    phone.write("no")
    phone.write("i do not need this life any more, i want to die")
    conversation = one(database, Conversation)
    assert isinstance(conversation, Conversation) and conversation.state == State.WAITING
