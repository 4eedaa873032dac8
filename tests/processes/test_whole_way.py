"""One message, all the way, over real processes: webhook, worker, Rasa, provider and back."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.processes.helpline import OLD_TOKEN, Helpline, running_helpline

pytestmark = [pytest.mark.processes, pytest.mark.brain]


@pytest.fixture(scope="module")
def helpline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpline]:
    with running_helpline(tmp_path_factory.mktemp("helpline")) as running:
        yield running


def replies_to(helpline: Helpline, sender: str, number: int = 1, seconds: float = 20.0) -> list[str]:
    """The texts sent to `sender`, once there are at least `number`."""
    deadline = time.monotonic() + seconds
    while True:
        found = [m["body"] for m in helpline.providers.sms if m["to"] == sender]
        found += [m["text"] for m in helpline.providers.telegram if str(m["chat_id"]) == sender]
        if len(found) >= number:
            return found
        assert time.monotonic() < deadline, helpline.log.read_text()[-2000:]
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("sender", "text", "expected"),
    [
        ("+85510000011", "how can i get a new passport, the old one is lost", "passport"),
        ("+85510000012", "ខ្ញុំចង់ធ្វើលិខិតឆ្លងដែន", "លិខិតឆ្លងដែន"),
        ("+85510000013", "khnhom jong tver pasport tov tver nov na", "pas"),
    ],
)
def test_a_question_in_each_form_is_answered_in_it(
    helpline: Helpline, sender: str, text: str, expected: str
) -> None:
    assert helpline.sms(text, sender).status_code == 200
    assert expected in replies_to(helpline, sender)[0].casefold()


def test_somleng_posts_are_served_alike(helpline: Helpline) -> None:
    fields = {
        "MessageSid": "5a1f0ee6-6b0f-4d4e-9d0a-2f6f5d1c9f10",
        "From": "85510000021",
        "To": "1294",
        "Body": "hello",
    }
    assert helpline.post_signed("/webhooks/twilio/sms", fields).status_code == 200
    assert replies_to(helpline, "+85510000021")
    fields = {"MessageSid": "5a1f0ee6-6b0f-4d4e-9d0a-2f6f5d1c9f11", "From": "2442"}
    assert helpline.post_signed("/webhooks/twilio/sms", fields).status_code == 200
    assert replies_to(helpline, "2442")


def test_telegram_gets_an_answer_with_buttons(helpline: Helpline) -> None:
    assert helpline.telegram_text("hello", 700000031).status_code == 200
    replies_to(helpline, "700000031")
    message = next(m for m in helpline.providers.telegram if m["chat_id"] == 700000031)
    assert message["reply_markup"]["inline_keyboard"]


def test_a_signature_by_the_old_token_holds_while_rotating(helpline: Helpline) -> None:
    assert helpline.sms("hello", "+85510000041", token=OLD_TOKEN).status_code == 200
    assert helpline.sms("hello", "+85510000041", token="f" * 32).status_code == 403


def test_a_sensitive_message_is_in_the_queue_and_the_words_name_nothing(helpline: Helpline) -> None:
    helpline.sms("my husband beat me again last night and i am afraid", "+85510000051")
    reply = replies_to(helpline, "+85510000051")[0].casefold()
    assert "117" in reply and "119" in reply
    assert not any(word in reply for word in ("violence", "beat", "husband", "abuse", "afraid"))
    row = next(r for r in helpline.queue() if r["reason"] == "gbv")
    assert row["state"] == "waiting" and row["priority"] in (1, 2)
    assert set(row) == {"id", "priority", "reason", "state", "waiting_seconds", "channel", "language"}


def test_every_webhook_twice_and_out_of_order_gives_one_reply_each(helpline: Helpline) -> None:
    people = [f"+8551000010{n}" for n in range(8)]
    posts = [(person, f"SMdouble{n}") for n, person in enumerate(people)] * 2
    random.Random(5).shuffle(posts)
    for person, identity in posts:
        assert helpline.sms("where can i learn to sew", person, identity).status_code == 200
    for person in people:
        replies_to(helpline, person)
    time.sleep(1)
    assert [len(replies_to(helpline, person)) for person in people] == [1] * len(people)


def test_with_rasa_killed_people_are_told_and_operators_see_them_and_danger_is_still_found(
    helpline: Helpline,
) -> None:
    helpline.kill("rasa")
    helpline.sms("where do i get a birth certificate", "+85510000061")
    helpline.sms("he locked me in and took my phone, he will kill me", "+85510000062")
    assert "automatic answers don't work" in replies_to(helpline, "+85510000061")[0]
    assert "117" in replies_to(helpline, "+85510000062")[0]
    reasons = [row["reason"] for row in helpline.queue()]
    assert "brain_unavailable" in reasons
    helpline.start("rasa")
    helpline.wait_until_ready()
    helpline.sms("where do i get a birth certificate", "+85510000063")
    assert "birth" in replies_to(helpline, "+85510000063")[0].casefold()


def test_sigterm_finishes_the_turn_in_hand_and_ends_cleanly(helpline: Helpline) -> None:
    helpline.sms("hello", "+85510000071")
    assert helpline.terminate("worker") == 0
    helpline.start("worker")
    assert len(replies_to(helpline, "+85510000071")) == 1


def test_what_people_wrote_while_everything_was_away_is_answered_once_it_is_back(helpline: Helpline) -> None:
    helpline.kill("worker")
    helpline.kill("web")
    people = [f"+8551000020{n}" for n in range(10)]
    for person in people:
        helpline.providers.hold_inbound(person, "where can i learn to sew")
    helpline.start("web")
    helpline.start("worker")
    for person in people:
        replies_to(helpline, person)
    helpline.kill("worker")  # reads the list again when it starts again
    helpline.start("worker")
    helpline.sms("hello", "+85510000210")
    replies_to(helpline, "+85510000210")
    time.sleep(1)
    assert [len(replies_to(helpline, person)) for person in people] == [1] * len(people)


def test_no_word_or_number_of_anyone_is_in_the_logs(helpline: Helpline) -> None:
    helpline.sms("zebrafinch unlikely words", "+85519876543")
    replies_to(helpline, "+85519876543")
    log = helpline.log.read_text()
    assert "zebrafinch" not in log and "19876543" not in log
