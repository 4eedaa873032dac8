"""How good an operator's password is, judged here: nothing about a password leaves the server.

zxcvbn knows the commonest passwords of breaches, names, words, keyboard rows, dates and repetitions in
several languages, and estimates how many guesses a password withstands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zxcvbn import zxcvbn

SHORTEST = 12
LONGEST = 128
_LEAST_SCORE = 3  # of 4: more than a hundred million guesses
_JUDGED = 72  # zxcvbn takes no more, and what is longer is good enough


class BadPassword(ValueError):
    """The password is not taken: `reason` is `short`, `long`, `common` or `same`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(password: str, known: Iterable[str]) -> None:
    """Raises BadPassword for one that is too short, too long or easily guessed; `known` are words that
    somebody who guesses knows: the name, the brand."""
    if len(re.sub(" +", " ", password)) < SHORTEST:
        raise BadPassword("short")
    if len(password) > LONGEST:
        raise BadPassword("long")
    if is_common(password, known):
        raise BadPassword("common")


def is_common(password: str, known: Iterable[str]) -> bool:
    """Whether the password would be among the first guesses."""
    score: int = zxcvbn(password[:_JUDGED], user_inputs=list(known))["score"]
    return score < _LEAST_SCORE
