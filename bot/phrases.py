"""Set phrases by which people decide about their own data and the open question (bot/phrases.yml).

They work without the brain, since withdrawing must work at any time. `text` is normalised.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml


def own_data(text: str) -> str | None:
    """`withdraw` or `my_data`, where the whole message asks for it."""
    return next((name for name in ("withdraw", "my_data") if _is(name, text)), None)


def asks_why(text: str) -> bool:
    return _is("why", text)


def asks_to_skip(text: str) -> bool:
    return _is("skip", text)


def asks_later(text: str) -> bool:
    """Whether the person wants no more questions now."""
    return _is("later", text)


def asks_to_continue(text: str) -> bool:
    return _is("continue", text)


def says_moved(text: str) -> bool:
    """Whether the message tells that the person lives elsewhere now; the place is the brain's to find."""
    return bool(_patterns()["moved"].search(text.casefold()))


def _is(name: str, text: str) -> bool:
    bare = re.sub(r"\s+", " ", text.casefold()).strip(" .,!?។៕")
    return bool(_patterns()[name].fullmatch(bare))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    forms = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return {
        name: re.compile("|".join(f"(?:{pattern})" for patterns in by_form.values() for pattern in patterns))
        for name, by_form in forms.items()
    }
