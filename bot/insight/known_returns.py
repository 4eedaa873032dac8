"""What is known of how many came back and where to: facts with a source, told only while they hold."""

from __future__ import annotations

from dataclasses import dataclass

from bot import facts

_NATIONAL, _MAIN = "ctx-900k", "geo-top-origin"


@dataclass(frozen=True)
class KnownReturns:
    """`national` people counted back, as of `date`; `main` are the codes of provinces named as those of
    most returns. No source counts them by province."""

    national: int
    date: str
    main: frozenset[str]


def known_returns() -> KnownReturns | None:
    """None where the facts are past their review."""
    if not facts.are_tellable([_NATIONAL, _MAIN], facts.today()):
        return None
    date = facts.fact(_NATIONAL).source_date.split(" ;")[0]
    main = frozenset(str(facts.value(f"{_MAIN}.provinces")).split())
    return KnownReturns(int(str(facts.value(f"{_NATIONAL}.returned"))), date, main)
