"""Signs of a fraudulent offer: pay first, papers kept, abroad by chat, pay too high to be true."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from nlu.khmer import normalise
from nlu.khmer.numbers import find_numbers

SIGNS = ("pay_first", "papers_kept", "abroad_by_chat", "wage_too_high")
_LONGEST = 4_000


@dataclass(frozen=True)
class _Rules:
    signs: dict[str, re.Pattern[str]]
    offer: re.Pattern[str]
    highest: dict[str, dict[str, int]]


def signs_in_message(text: str) -> list[str]:
    """The signs in what a person writes about an offer; none where it isn't about one."""
    plain = normalise(text).casefold()[:_LONGEST]
    if not _rules().offer.search(plain):
        return []
    return _signs(plain)


def signs_in_listing(text: str, wage_usd: int, wage_khr: int, period: str) -> list[str]:
    """The signs in a listing: in the employer's words and in the pay."""
    highest = _rules().highest[period]
    found = _signs(normalise(text).casefold()[:_LONGEST])
    if wage_usd > highest["USD"] or wage_khr > highest["KHR"]:
        found = list(dict.fromkeys([*found, "wage_too_high"]))
    return found


def _signs(plain: str) -> list[str]:
    rules = _rules()
    found = [name for name, pattern in rules.signs.items() if pattern.search(plain)]
    amounts = [item.value.split(" ") for item in find_numbers(plain) if item.kind == "amount"]
    highest = rules.highest["month"]
    if any(float(amount) > highest.get(currency, float("inf")) for amount, currency in amounts):
        found.append("wage_too_high")
    return found


@cache
def _rules() -> _Rules:
    data = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return _Rules(
        signs={
            name: re.compile("|".join(f"(?:{p})" for patterns in forms.values() for p in patterns))
            for name, forms in data["signs"].items()
        },
        offer=re.compile("|".join(data["offer"])),
        highest=data["highest"],
    )
