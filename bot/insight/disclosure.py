"""Making a table publishable: small cells hidden, a second one where one alone could be worked out,
and everything else rounded.

The rules follow the Handbook on Statistical Disclosure Control for Outputs (Hundepool et al.,
Essnet SDC 2010): a threshold for primary suppression, complementary suppression against totals, and
rounding to a base against the subtraction of overlapping tables and periods.

* A cell of 1 to k-1 people is hidden. So is an empty one: "nobody" is a statement about people too.
* Where a line of a table (a row, a column, all of a list) has exactly one hidden cell, another is hidden
  as well, so that the line's total doesn't give it away. Which one doesn't depend on the numbers (it is
  the last by name, "not told" where there is that): hiding the smallest would tell that all others are
  greater, and with a total on the edge of its rounding that is enough to work the small cell out.
* What is left is rounded to the nearest multiple of the base. Totals are rounded from the true total,
  so the sum of the cells may differ from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Key = tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """`least` is k, the smallest number of people that is told; `base` what numbers are rounded to."""

    least: int = 5
    base: int = 5


STAFF = Rule()
PUBLIC = Rule(least=20, base=10)


def publish(counts: Mapping[Key, int], rule: Rule) -> dict[Key, int | None]:
    """What may be told of `counts` (people by row, or by row and column); None where it is hidden."""
    hidden = {key for key, count in counts.items() if count < rule.least}
    while True:
        more = {max(open_) for line in _lines(counts) if len(line & hidden) == 1 and (open_ := line - hidden)}
        if not more - hidden:
            break
        hidden |= more
    return {key: None if key in hidden else rounded(count, rule) for key, count in counts.items()}


def over_time(told: Mapping[Key, int | None], parts: list[Mapping[Key, int | None]]) -> dict[Key, int | None]:
    """`told` of a longer period, whose shorter ones told `parts`: where exactly one of them hides a cell,
    the longer one hides it too, or the difference would give it away."""
    hiding = {key: sum(part.get(key) is None for part in parts) for key in told}
    return {key: None if parts and hiding[key] == 1 else count for key, count in told.items()}


def rounded(count: int, rule: Rule) -> int:
    """The nearest multiple of the rule's base, halves up."""
    return (count + rule.base // 2) // rule.base * rule.base


def total(count: int, rule: Rule) -> int | None:
    """A whole table's people, hidden where they are few."""
    return None if count < rule.least else rounded(count, rule)


def _lines(counts: Iterable[Key]) -> list[set[Key]]:
    """The sets of cells whose total an outsider may know: the list itself, or its rows and columns."""
    keys = list(counts)
    if all(len(key) == 1 for key in keys):
        return [set(keys)]
    axes = range(len(keys[0])) if keys else range(0)
    return [{key for key in keys if key[axis] == value} for axis in axes for value in {k[axis] for k in keys}]
