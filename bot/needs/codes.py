"""The codes in which answers are kept, so that they can be counted; words are found by `say`.

A kind of need is the intent that answers it where there is one, so that what was asked in a question
and what was told in the interview are counted together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from bot import intents
from bot.settings import ROOT

NEEDS = (
    "job_find",
    "job_training",
    "documents",
    "need_debt",
    "need_health",
    "need_school",
    "need_shelter_travel",
    "need_food_cash",
    "need_legal",
    "talk",
)
# A "c" stands for children among them, a "?" in what was read for not told.
HOUSEHOLDS = ("1", "2-4", "2-4c", "5+", "5+c")
# Months since the return when it was told, and the country; "XX" is another one than the usual.
RETURNS = ("0-1:TH", "1-6:TH", "6+:TH", "?:XX")
SKILLS = ("construction", "garment", "farming", "fishing", "domestic", "cooking", "driving", "other")
# A "w" stands for a woman to talk to.
REACHES = ("text", "text_w", "call", "call_w", "never")

# The entity that an answer is sent to the brain as, by the question's slot.
ENTITIES = {
    "needs": "need",
    "need_province": "province",
    "household": "household",
    "returned": "returned",
    "skills": "skill",
    "reach": "reach",
}
SEVERAL = ("needs", "skills")  # questions that can have several answers

NONE = "none"  # skipped
OWN = "own"  # in own words, kept apart and encrypted


def kind_of(intent: str) -> str | None:
    """The kind of need that a question of `intent` shows, None where it shows none."""
    if intent in NEEDS:
        return intent
    if intent in intents.DOCUMENTS:
        return "documents"
    if intent in intents.JOBS:
        return intent
    return "talk" if intent == "ask_human" else None


@cache
def trades() -> tuple[str, ...]:
    """The trades that are recognised (nlu/lexicon/trade.yml), and "other"."""
    return (*_lexicon("trade"), "other")


@cache
def countries() -> tuple[str, ...]:
    """The countries of work that are recognised (nlu/lexicon/country.yml), and "XX" for another one."""
    return (*_lexicon("country"), "XX")


def _lexicon(name: str) -> list[str]:
    return list(yaml.safe_load((ROOT / "nlu" / "lexicon" / f"{name}.yml").read_text("utf-8"))["values"])


@dataclass(frozen=True)
class Answers:
    """An interview's answers, as far as given; None where not told."""

    needs: tuple[str, ...] = ()
    province: str | None = None
    district: str | None = None
    household: str | None = None
    children: bool | None = None
    country: str | None = None
    returned: str | None = None
    return_month: str | None = None
    skills: tuple[str, ...] = ()
    reach: str | None = None
    woman: bool = False


def answers(slots: dict[str, Any]) -> Answers:
    """The answers in the brain's slots."""
    household = _told(slots, "household")
    returned = _told(slots, "returned")
    reach = _told(slots, "reach")
    province = _told(slots, "need_province") or _told(slots, "province")
    district = _told(slots, "district")
    months, _, country = (returned or "").partition(":")
    return Answers(
        needs=tuple(kind for kind in _several(slots, "needs") if kind in NEEDS or kind in intents.TOPICS),
        province=province,
        district=district if district and province and district.startswith(province) else None,
        household=household.rstrip("c?") if household else None,
        children=None if not household or household.endswith("?") else household.endswith("c"),
        country=next((c for c in (country, _told(slots, "country")) if c in countries()), None),
        returned=None if months in ("", "?") else months,
        return_month=_told(slots, "return_month"),
        skills=tuple(skill for skill in _several(slots, "skills") if skill in trades()),
        reach=reach.removesuffix("_w") if reach in REACHES else None,
        woman=bool(reach and reach.endswith("_w")),
    )


def _told(slots: dict[str, Any], name: str) -> str | None:
    value = slots.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return str(value) if value not in (None, NONE, OWN, []) else None


def _several(slots: dict[str, Any], name: str) -> list[str]:
    value = slots.get(name)
    values = value if isinstance(value, list) else [value]
    return [str(v) for v in dict.fromkeys(values) if v not in (None, NONE, OWN)]
