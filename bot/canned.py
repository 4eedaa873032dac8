"""Ready-made replies in three forms (bot/canned.yml and managers' editions), filled in with facts.

A fact's value is told only while the fact may be; a reply whose facts may not isn't offered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from sqlalchemy.orm import Session

from bot import editions, facts, segments
from bot.models import Form, Operator

KIND = "canned"
_FILE = Path(__file__).with_suffix(".yml")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_BRAND = "brand"
LONGEST_TITLE = 60


@dataclass(frozen=True)
class Canned:
    """One ready-made reply: its title in the console's languages, its text in the three forms."""

    name: str
    titles: dict[str, str]
    texts: dict[str, str]


@dataclass(frozen=True)
class Filled:
    """A reply as it would be sent. `unconfirmed` are facts that may not be told today."""

    text: str
    unconfirmed: tuple[str, ...] = ()


class BadReply(Exception):
    """A reply can't be saved; `problem` is a short name and `where` what it is about."""

    def __init__(self, problem: str, where: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where


def every(session: Session) -> list[Canned]:
    """All replies in use, by name."""
    held = editions.current(session, KIND, _defaults())
    return [_read(name, content) for name, content in sorted(held.items())]


def find(session: Session, name: str) -> Canned | None:
    """The reply `name` as it holds now."""
    return next((reply for reply in every(session) if reply.name == name), None)


def is_shipped(name: str) -> bool:
    """Whether a default of this reply is in the file."""
    return name in _defaults()


def fill(text: str, brand: str, on: date | None = None) -> Filled:
    """`text` with its placeholders filled in, and which of its facts may not be told on the day."""
    on = on or facts.today()
    unconfirmed: list[str] = []

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == _BRAND:
            return brand
        fact_id = name.partition(".")[0]
        if not facts.are_tellable([fact_id], on):
            unconfirmed.append(fact_id)
        return str(facts.value(name))

    filled = _PLACEHOLDER.sub(value, text)
    return Filled(filled, tuple(dict.fromkeys(unconfirmed)))


def save(session: Session, operator: Operator, reply: Canned, *, based_on: int) -> None:
    """Makes `reply` the one that is offered. Raises BadReply or editions.EditedMeanwhile."""
    check(reply)
    content = {"title": reply.titles, "text": reply.texts}
    editions.save(session, operator, KIND, reply.name, content, based_on=based_on)


def retire(session: Session, operator: Operator, name: str, *, based_on: int) -> None:
    """Takes the reply out of use; its history stays. Raises editions.EditedMeanwhile."""
    editions.save(session, operator, KIND, name, None, based_on=based_on, retire=True)


def check(reply: Canned) -> None:
    """Raises BadReply for what couldn't be sent: words that lack, unknown placeholders, too long."""
    if not _NAME.fullmatch(reply.name):
        raise BadReply("name")
    for language in ("km", "en"):
        if not 0 < len(reply.titles.get(language, "")) <= LONGEST_TITLE:
            raise BadReply("title", language)
    placeholders = {form: set(_PLACEHOLDER.findall(reply.texts.get(form, ""))) for form in Form}
    for form in Form:
        if not reply.texts.get(form):
            raise BadReply("no_words", form)
        for name in placeholders[form]:
            if name != _BRAND and not _is_value(name):
                raise BadReply("placeholder", name)
    for form in Form:
        text = reply.texts[form]
        if placeholders[form] != placeholders[Form.ENGLISH]:
            raise BadReply("other_placeholders", form)
        if form == Form.ROMANISED and not text.isascii():
            raise BadReply("not_ascii", form)
        if segments.count(fill(text, "Phlov").text) > segments.MOST_SEGMENTS:
            raise BadReply("too_long", form)


def _is_value(name: str) -> bool:
    try:
        facts.value(name)
    except facts.MissingFact:
        return False
    return True


def _read(name: str, content: editions.Content) -> Canned:
    return Canned(name, dict(content["title"]), dict(content["text"]))


@cache
def _defaults() -> dict[str, editions.Content]:
    data: dict[str, editions.Content] = yaml.safe_load(_FILE.read_text("utf-8"))
    return data
