"""The periods that figures are published for: whole months, quarters and years of Phnom Penh time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_PHNOM_PENH = timezone(timedelta(hours=7))
_NAME = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")


@dataclass(frozen=True, order=True)
class Period:
    """From the start of month `first` for `months` months. `name` is 2026-10, 2026-Q4 or 2026."""

    year: int
    first: int
    months: int

    @property
    def name(self) -> str:
        if self.months == 12:
            return str(self.year)
        quarter = self.months == 3
        return f"{self.year}-Q{(self.first + 2) // 3}" if quarter else f"{self.year}-{self.first:02d}"

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.first, 1, tzinfo=_PHNOM_PENH).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer in it."""
        last = self.first + self.months - 1
        year, month = (self.year + 1, 1) if last == 12 else (self.year, last + 1)
        return datetime(year, month, 1, tzinfo=_PHNOM_PENH).astimezone(UTC)

    @property
    def parts(self) -> list[Period]:
        """A quarter's months, a year's quarters; none of a month."""
        shorter = {12: 3, 3: 1}.get(self.months)
        if shorter is None:
            return []
        return [Period(self.year, self.first + at, shorter) for at in range(0, self.months, shorter)]

    @property
    def before(self) -> Period:
        """The one of the same length before it."""
        if self.first == 1:
            return Period(self.year - 1, 13 - self.months, self.months)
        return Period(self.year, self.first - self.months, self.months)


def parse(name: str) -> Period:
    """The period called `name`. Raises ValueError."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} is no period: 2026-10, 2026-Q4 or 2026")
    year, month, quarter = found.groups()
    if month:
        return Period(int(year), int(month), 1)
    return Period(int(year), 3 * int(quarter) - 2, 3) if quarter else Period(int(year), 1, 12)


def complete(first: datetime, at: datetime) -> list[Period]:
    """All periods that lie wholly between the month of `first` and `at`, newest first."""
    start, end = (moment.astimezone(_PHNOM_PENH) for moment in (first, at))
    found = [
        Period(year, month, months)
        for year in range(start.year, end.year + 1)
        for months in (1, 3, 12)
        for month in range(1, 13, months)
    ]
    opened = datetime(start.year, start.month, 1, tzinfo=_PHNOM_PENH)
    # A quarter or year in which the helpline opened counts from then.
    return newest_first(period for period in found if opened < period.end <= at)


def newest_first(found: Iterable[Period]) -> list[Period]:
    """By their end; of those that end together the month before the quarter before the year."""
    return sorted(found, key=lambda period: (period.end, -period.months), reverse=True)
