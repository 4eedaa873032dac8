"""What a locked screen shows of a reply: its first forty characters, where somebody else may look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot import notices, segments, unsafe_words
from bot.models import Form
from bot.settings import load_settings
from bot.words import say

_SHOWN = 40
# Everything that comes by itself or in answer to danger: nobody asked for it by name.
_UNASKED = (
    "came_late",
    "escalated_abroad",
    "handed_back",
    "still_waiting",
    "ask_safe_to_text",
    "page",
    "follow_up",
)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("reason", list(notices.REASONS))
@pytest.mark.parametrize("hours", [(0, 24), (0, 1)])
def test_a_hand_off_begins_with_nothing_that_gives_somebody_away(
    reason: str, form: Form, hours: tuple[int, int], tmp_path: Path
) -> None:
    settings = replace(load_settings({"PHLOV_VAR": str(tmp_path)}), open_hours=hours)
    words = notices.escalated(reason, form, settings)
    assert unsafe_words.found_in(words[:_SHOWN]) == []
    assert segments.count(words) <= segments.MOST_SEGMENTS


@pytest.mark.parametrize("form", list(Form))
def test_what_comes_unasked_begins_with_nothing_that_gives_somebody_away(form: Form) -> None:
    values = {"brand": "Phlov", "url": "https://x.example", "person": "0", "need": "…", "minutes": 30}
    for key in _UNASKED:
        assert unsafe_words.found_in(say(key, form, values)[:_SHOWN]) == [], key


@pytest.mark.parametrize("form", list(Form))
def test_it_is_said_in_every_language_that_sms_is_not_secret(form: Form) -> None:
    words = say("privacy", form, {"brand": "Phlov"})
    assert "SMS" in words and segments.count(words) <= segments.MOST_SEGMENTS
