"""The words of the figures in Khmer and English (words.yml), for pages, files and the printed briefing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.models import Form
from bot.places import provinces
from bot.words import MissingWords, say

LANGUAGES = ("km", "en")
_FILE = Path(__file__).with_name("words.yml")


def title(table: str, language: str) -> str:
    return str(_words()["titles"][table][language])


def definition(table: str, language: str) -> str:
    """What a table counts, in a sentence or two."""
    return str(_words()["definitions"][table][language])


def axis(name: str, language: str) -> str:
    return str(_words()["axes"][name][language])


def phrase(name: str, language: str, **values: object) -> str:
    return str(_words()["phrases"][name][language].format_map(values))


def code(axis_name: str, value: str, language: str) -> str:
    """What `value` means on the axis; itself where it needs no words ("25-34", a partner's name)."""
    if axis_name == "province" and value in provinces():
        return provinces()[value].name(Form(language))
    words = _words()["codes"].get(axis_name, {}).get(value) or _words()["codes"]["any"].get(value)
    if words:
        return str(words[language])
    if axis_name == "need":
        try:
            return say(f"intent_{value}", Form(language))
        except MissingWords:
            return value
    return value


@cache
def _words() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return data
