"""Answers: every number from a fact, nothing unconfirmed told as fact, short enough for SMS."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bot import notices
from bot.answers import answer, topics
from bot.facts import EMERGENCY, facts
from bot.intents import TOPICS
from bot.models import Channel, Form
from bot.replies import MORE, PERSON, compose
from bot.segments import MOST_SEGMENTS
from bot.settings import load_settings
from bot.words import catalogue
from locales import strings

TODAY = date(2026, 11, 24)
BANDS = ("household_", "returned_")
AFTER_ALL_REVIEWS = date(2030, 1, 1)


def test_every_question_has_an_answer() -> None:
    assert set(topics()) == set(TOPICS)


@pytest.mark.parametrize("form", Form)
def test_no_sentence_has_a_number_of_its_own(form: Form) -> None:
    # Bands to choose from ("2-4 people") are no facts.
    told = {key: words for key, words in catalogue(form).items() if not key.startswith(BANDS)}
    assert [key for key, words in told.items() if re.search("[0-9០-៩]", words)] == []


@pytest.mark.parametrize("form", [Form.ROMANISED, Form.ENGLISH])
def test_what_a_basic_phone_must_show_is_plain_letters(form: Form) -> None:
    assert [key for key, words in catalogue(form).items() if not words.isascii()] == []


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_answer_fits_its_segments_and_offers_a_person(topic: str, form: Form) -> None:
    parts = answer(topic, form, on=TODAY)
    reply = compose(parts, [], form, Channel.SMS, question="?")
    seen = list(reply.more)
    assert reply.segments <= MOST_SEGMENTS and reply.options[-1].payload == PERSON
    while seen:
        assert reply.options[-2].payload == MORE
        reply = compose(seen, [], form, Channel.SMS)
        assert reply.segments <= MOST_SEGMENTS and len(reply.more) < len(seen)
        seen = list(reply.more)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("topic", TOPICS)
def test_past_their_review_facts_are_not_told(topic: str, form: Form) -> None:
    told = " ".join(answer(topic, form, on=AFTER_ALL_REVIEWS))
    emergency = {str(v) for i in EMERGENCY for v in facts()[i].values.values()}
    assert set(re.findall(r"\d+", told)) <= emergency | {"11", "2026"}


def test_what_must_not_be_published_never_is() -> None:
    for fact in facts().values():
        if not fact.publish:
            assert not fact.is_tellable(TODAY)


def test_the_asked_aspect_comes_first() -> None:
    assert "USD" in answer("doc_passport", Form.ENGLISH, "cost", TODAY)[0]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("reason", notices.REASONS)
def test_a_hand_offs_words_are_whole_in_one_reply(reason: str, form: Form, tmp_path: Path) -> None:
    settings = load_settings({"PHLOV_VAR": str(tmp_path)})
    words = notices.escalated(reason, form, settings)
    reply = compose([words], [], form, Channel.SMS, with_person=False)
    assert reply.more == () and reply.segments <= MOST_SEGMENTS


def test_the_catalogues_are_complete() -> None:
    assert strings.problems() == []
