"""What a person reads when an operator gives the conversation back to the bot."""

from __future__ import annotations

import pytest

from bot import notices, segments
from bot.models import Channel, Form
from bot.replies import compose
from bot.settings import load_settings


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("reason", ["", *notices.HAND_BACK_REASONS, "anything else"])
def test_why_is_told_first_in_the_persons_form_and_fits_an_sms(
    environment: dict[str, str], form: Form, reason: str
) -> None:
    words = notices.handed_back(reason, form, load_settings(environment))
    assert len(words) == (2 if reason in notices.HAND_BACK_REASONS else 1)
    reply = compose(words, [], form, Channel.SMS, with_person=True)
    assert not reply.more and segments.count(reply.text) <= 3
    if form is Form.ROMANISED:
        assert reply.text.isascii()
