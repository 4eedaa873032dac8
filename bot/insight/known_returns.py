"""What is known of how many came back and where to: facts with a source, told only while they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot import facts
from bot.insight import returns_table

_NATIONAL, _MAIN = "ctx-900k", "geo-top-origin"


@dataclass(frozen=True)
class KnownReturns:
    """`national` people counted back, as of `date`; `main` are the codes of provinces named as those of
    most returns. `by_province` counts them by code where a manager brought in such a `table` (a fact)."""

    national: int
    date: str
    main: frozenset[str]
    by_province: Mapping[str, int]
    table: facts.Fact | None

    def reach(self, province: str, people: int | None) -> float | None:
        """The told `people` of every 10,000 known to have come back there; None where either isn't told."""
        returned = self.by_province.get(province)
        return 10_000 * people / returned if people is not None and returned else None


def known_returns() -> KnownReturns | None:
    """None where the facts are past their review."""
    if not facts.are_tellable([_NATIONAL, _MAIN], facts.today()):
        return None
    date = facts.fact(_NATIONAL).source_date.split(" ;")[0]
    main = frozenset(str(facts.value(f"{_MAIN}.provinces")).split())
    national = int(str(facts.value(f"{_NATIONAL}.returned")))
    table = returns_table.newest()
    return KnownReturns(national, date, main, returns_table.by_province(table) if table else {}, table)
