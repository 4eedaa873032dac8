"""Answers: which sentences tell what on a topic, resting on which facts (facts/answers.yml)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import yaml

from bot.facts import FOLDER, are_tellable, fact, today, value
from bot.models import Form
from bot.words import say


@dataclass(frozen=True)
class Part:
    """One thought of an answer: `say` where its facts may be told, `unsure` where they may not."""

    say: str
    aspect: str | None
    facts: tuple[str, ...]
    values: dict[str, str]
    unsure: str | None
    unsure_values: dict[str, str]


@dataclass(frozen=True)
class Topic:
    parts: tuple[Part, ...]
    nearest: tuple[str, ...]


@cache
def topics() -> dict[str, Topic]:
    """All topics by intent."""
    data = yaml.safe_load((FOLDER / "answers.yml").read_text("utf-8"))["topics"]
    return {
        name: Topic(
            parts=tuple(
                Part(
                    say=part["say"],
                    aspect=part.get("aspect"),
                    facts=tuple(part.get("facts", [])),
                    values=part.get("with", {}),
                    unsure=part.get("unsure"),
                    unsure_values=part.get("unsure_with", {}),
                )
                for part in topic["parts"]
            ),
            nearest=tuple(topic.get("nearest", [])),
        )
        for name, topic in data.items()
    }


def answer(topic: str, form: Form, aspect: str | None = None, on: date | None = None) -> list[str]:
    """What is to be said on `topic`, the asked `aspect` first; the last part tells when it was checked."""
    on = on or today()
    parts = sorted(topics()[topic].parts, key=lambda part: part.aspect != aspect or aspect is None)
    told = [sentence for sentence in (_tell(part, form, on) for part in parts) if sentence]
    checked = [fact(f).checked_on for part in parts if are_tellable(list(part.facts), on) for f in part.facts]
    if checked:
        oldest = min(checked)
        told[0] += " " + say("checked", form, {"month": f"{oldest.month:02}", "year": oldest.year})
    return list(dict.fromkeys(told))


def _tell(part: Part, form: Form, on: date) -> str | None:
    if are_tellable(list(part.facts), on):
        return say(part.say, form, _values(part.values))
    if part.unsure is None:
        return None
    sources = [ref.partition(".")[0] for ref in part.unsure_values.values()]
    if not are_tellable(sources, on):
        return say("unsure_generic", form)
    return say(part.unsure, form, _values(part.unsure_values))


def _values(references: dict[str, str]) -> dict[str, object]:
    """The facts' values by placeholder; large amounts with their thousands set apart."""
    values = {name: value(reference) for name, reference in references.items()}
    return {name: f"{v:,}" if isinstance(v, int) and v > 9_999 else v for name, v in values.items()}
