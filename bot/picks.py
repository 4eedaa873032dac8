"""What a reply by number, a pressed button or a short word means, before any understanding.

A payload is either `/intent{"slot": "value"}`, which the brain takes as that intent, or one of the
body's own commands, which work without the brain: `!person`, `!more`, `!menu:GROUP`,
`!language:FORM`, `!delete`, `!keep`, `!safe`, `!unsafe` and those of _COMMAND_PATTERNS. Nothing else is
accepted, since a button's payload comes back from outside.
"""

from __future__ import annotations

import json
import re

from bot.intents import ALL
from bot.models import Form
from bot.replies import MORE, PERSON, PERSON_KEY, SAFE, UNSAFE

MENUS = ("documents", "jobs", "needs")
COMMANDS = frozenset(
    {PERSON, MORE, SAFE, UNSAFE, "!delete", "!keep"}
    | {f"!menu:{name}" for name in MENUS}
    | {f"!language:{form}" for form in Form}
)
_COMMAND_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"!interview:(?:on|anew|later)",
        r"!consent:(?:contact_later|learn):(?:yes|no)",
        r"!why:(?:keep_needs|contact_later|learn)",
        r"!help:(?:yes|not_yet|other)",
        r"!end_series:(?:follow_up|job_alert|referral)",
        r"!services:[a-z_]{1,32}:\d\d:\d",
        r"!refer:\d{1,9}:[a-z_]{1,32}(?::(?:yes|no):[0-9a-f]{16})?",
        r"!job_alert:(?:job|training):(?:[a-z]{2,32}|-):\d\d(?::(?:yes|near|no):[0-9a-f]{16})?",
        r"!jobs:(?:job|training):(?:[a-z]{2,32}|-):(?:\d\d|-):\d",
        r"!no_longer:[a-z_]{4,24}:(?:met|ended)",
        r"!still_needed:[a-z_]{4,24}",
        r"!end_asking:(?:alerts|follow_up|both):(?:yes|no)",
        r"!my_data|!ask_delete|!withdraw",
    )
)
_INTENT = re.compile(r"/([a-z_]+)(\{.*\})?", re.DOTALL)
_SLOTS = {
    "province": re.compile(r"\d\d"),
    "language": re.compile(r"km|km_Latn|en"),
    "need": re.compile(r"[a-z_]{4,24}"),
    "household": re.compile(r"[\d+-]{1,3}c?"),
    "returned": re.compile(r"[\d+?-]{1,3}:[A-Z]{2}"),
    "skill": re.compile(r"[a-z_]{4,24}"),
    "reach": re.compile(r"[a-z_]{4,8}"),
}
_BETWEEN_NUMBERS = re.compile(r"(?:[\s,.;/&+-]|និង|\b(?:and|ning|nung|neng)\b)+")
_NUMBER = re.compile(r"[\s.()#]*(\d{1,9})[\s.)#]*")
_MORE_WORDS = frozenset({"more", "next", "tiet", "teat", "tet", "thiet", "ទៀត", "បន្ត", "បន្ថែម"})
_STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "ឈប់", "chhob", "chob", "chub"}
)
_START_WORDS = frozenset({"start", "unstop", "ចាប់ផ្តើម", "chab pdaem", "chab pdaerm", "chap pderm"})
_DELETE_WORDS = frozenset({"delete", "លុប", "lup", "lub", "lop"})


def number(text: str) -> str | None:
    """The number that the whole of `text` (normalised, so digits are Latin) consists of."""
    match = _NUMBER.fullmatch(text)
    return str(int(match[1])) if match else None


def numbers(text: str) -> list[str]:
    """The numbers that the whole of `text` consists of ("1 3", "1, 3 and 4"), else nothing."""
    one = number(text)
    if one is not None:
        return [one]
    parts = [part for part in re.split(_BETWEEN_NUMBERS, text.casefold()) if part]
    found = [number(part) for part in parts] if len(parts) <= 12 else []
    return [n for n in found if n is not None] if all(n is not None for n in found) else []


def by_word(options: list[dict[str, str]] | None, intent: str) -> str | None:
    """What a yes or a no in words picks, where the last message asked a question of the body's own."""
    return offered(options, {"affirm": ":yes", "deny": ":no"}.get(intent, "\0"))


def offered(options: list[dict[str, str]] | None, part: str) -> str | None:
    """The first payload among `options` that contains `part`."""
    return next((o["payload"] for o in options or [] if part in o["payload"]), None)


def pick(options: list[dict[str, str]] | None, chosen: str) -> str | None:
    """The payload that `chosen` picks among the options of the last message; "0" is always a person."""
    if chosen == PERSON_KEY:
        return PERSON
    for option in options or []:
        if option["key"] == chosen:
            return option["payload"]
    return None


def is_valid(payload: str) -> bool:
    """Whether `payload` is one that we could have offered."""
    if payload in COMMANDS or any(pattern.fullmatch(payload) for pattern in _COMMAND_PATTERNS):
        return True
    match = _INTENT.fullmatch(payload)
    if not match or match[1] not in ALL:
        return False
    try:
        slots = json.loads(match[2] or "{}")
    except ValueError:
        return False
    return isinstance(slots, dict) and all(
        name in _SLOTS and isinstance(value, str) and _SLOTS[name].fullmatch(value)
        for name, value in slots.items()
    )


def asks_more(text: str) -> bool:
    return _bare(text) in _MORE_WORDS


def asks_stop(text: str) -> bool:
    """Whether the whole message is a word that ends all messages, as carriers define them."""
    return _bare(text) in _STOP_WORDS


def asks_start(text: str) -> bool:
    return _bare(text) in _START_WORDS


def asks_delete(text: str) -> bool:
    return _bare(text) in _DELETE_WORDS


def has_meaning(text: str) -> bool:
    """Whether the whole message is a word that does something by itself."""
    return asks_more(text) or asks_stop(text) or asks_start(text) or asks_delete(text)


def _bare(text: str) -> str:
    return text.casefold().strip(" .!?។,'\"")
