"""`phlov facts check`: what could make a reply tell something missing, unsourced or expired, unseen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import facts
from bot.answers import answer, topics
from bot.directory import entries, files
from bot.fact_desk.uses import Use, expired_day, sent
from bot.models import Form, Service
from bot.settings import ROOT
from bot.words import placeholders, sentence_of

_DIGIT = re.compile("[0-9០-៩]+")
_READERS = ("value", "fact")
# These read facts on behalf of others, who name them.
_PASS_ON = ("bot/facts.py", "bot/answers.py", "bot/fact_desk")


def problems(session: Session | None = None) -> list[str]:
    """Everything that is wrong, in words for whoever runs the command; with the directory as it is
    stored where there is a `session`."""
    found = [*_of_facts(), *_of_topics(), *_of_directory(), *_of_code()]
    return found or [*_told_too_late(session)]


def _of_facts() -> Iterator[str]:
    for fact in facts.facts().values():
        if not fact.source.strip() or not fact.source_date.strip():
            yield f"{fact.id}: no source or no date"
        if not fact.checked_by.strip():
            yield f"{fact.id}: nobody checked it"
        if fact.confidence not in facts.CONFIDENCES:
            yield f"{fact.id}: unknown confidence {fact.confidence}"
        if fact.review_due <= fact.checked_on:
            yield f"{fact.id}: the review is due before the check"
    for fact_id in sorted(facts.EMERGENCY):
        if fact_id not in facts.facts() or not facts.fact(fact_id).is_tellable(facts.today()):
            yield f"{fact_id}: an emergency number that may not be told"


def _of_topics() -> Iterator[str]:
    for name, topic in topics().items():
        for part in topic.parts:
            if part.facts and part.unsure is None:
                yield f"{name}: {part.say} says nothing once its facts may not be told"
            yield from (f"{name}: {part.say}: no fact {f}" for f in part.facts if f not in facts.facts())
            yield from _of_sentence(name, part.say, part.values, set(part.facts))
            if part.unsure is not None:
                yield from _of_sentence(name, part.unsure, part.unsure_values, None)


def _of_sentence(topic: str, key: str, values: dict[str, str], sources: set[str] | None) -> Iterator[str]:
    for form in Form:
        sentence = sentence_of(key, form)
        if not sentence:
            yield f"{topic}: {key} has no words in {form}"
        if _DIGIT.search(sentence):
            yield f"{topic}: {key} in {form} has a number of its own, which no fact vouches for"
        if placeholders(sentence) - values.keys():
            yield f"{topic}: {key} in {form} has placeholders without a fact"
    for reference in values.values():
        try:
            facts.value(reference)
        except facts.MissingFact as problem:
            yield f"{topic}: {key}: {problem}"
        if sources is not None and reference.partition(".")[0] not in sources:
            yield f"{topic}: {key} tells {reference} without naming it among its facts"


def _of_directory() -> Iterator[str]:
    for entry in files.shipped():
        for field, why in entries.check(entry)[1]:
            yield f"directory {entry['key']}: {field}: {why}"


def _of_code() -> Iterator[str]:
    """Facts that the code names itself: told without looking at their review only where they are the
    emergency numbers'."""
    for folder in ("bot", "webhooks", "console"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            place = file.relative_to(ROOT).as_posix()
            if place.startswith(_PASS_ON):
                continue
            tree = ast.parse(file.read_text("utf-8"))
            looked_at = {fact_id for node in ast.walk(tree) for fact_id in _looked_at(node)}
            for node in ast.walk(tree):
                reference = _named_fact(node)
                if reference is None:
                    continue
                fact_id, _, name = reference.partition(".")
                if fact_id not in facts.facts() or (name and name not in facts.fact(fact_id).values):
                    yield f"{place}: no fact or value {reference}"
                elif fact_id not in facts.EMERGENCY | looked_at:
                    yield f"{place}: tells {reference} without looking whether it may be told"


def _looked_at(node: ast.AST) -> Iterator[str]:
    """The facts in a call like `are_tellable(["job-1297"], today())`."""
    if (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "are_tellable"
    ):
        for named in ast.walk(node.args[0]) if node.args else ():
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                yield named.value


def _named_fact(node: ast.AST) -> str | None:
    """The reference in a call like `value("svc-police-117.phone")`."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return None
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    named = node.args[0].value
    if called not in _READERS or not isinstance(named, str):
        return None
    return named if called == "fact" or "." in named else None


def _told_too_late(session: Session | None) -> Iterator[str]:
    """Renders every reply once all reviews are overdue: only emergency numbers may be left in it."""
    late = expired_day()
    may = {str(value) for fact_id in facts.EMERGENCY for value in facts.fact(fact_id).values.values()}
    for form in Form:
        told = {name: " ".join(answer(name, form, on=late)) for name in topics()}
        for name, reply in told.items():
            for number in set(_DIGIT.findall(reply)) - may - _dates():
                yield f"{name} in {form} tells {number} although its review is overdue"
        if session is None:
            continue
        for service in session.scalars(select(Service).where(Service.active)):
            if service.confirmed_on is None and not set(service.facts) & facts.EMERGENCY:
                told_late = sent(session, Use("service", service.key), form, late)
                numbers = [n for fact_id in service.facts for n in _numbers(fact_id)]
                if any(number in message.text for message in told_late for number in numbers):
                    yield f"directory {service.key} in {form} tells a number although its review is overdue"


def _numbers(fact_id: str) -> list[str]:
    return [str(value) for name, value in facts.fact(fact_id).values.items() if "phone" in name]


def _dates() -> set[str]:
    """The months and years that "checked in …" may name."""
    checked = [facts.fact(fact_id).checked_on for fact_id in facts.EMERGENCY]
    return {f"{day.month:02}" for day in checked} | {str(day.year) for day in checked}
