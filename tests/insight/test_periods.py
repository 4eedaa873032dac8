"""Whole months, quarters and years of Phnom Penh time, and no other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.insight import periods


def test_a_month_begins_at_midnight_in_phnom_penh() -> None:
    october = periods.parse("2026-10")
    assert october.start == datetime(2026, 9, 30, 17, tzinfo=UTC)
    assert october.end == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert october.before.name == "2026-09" and periods.parse("2026-01").before.name == "2025-12"


def test_only_what_is_over_is_complete() -> None:
    found = periods.complete(datetime(2025, 11, 20, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC))
    names = {period.name for period in found}
    assert names == {"2025-11", "2025-12", "2025-Q4", "2025", "2026-01", "2026-02", "2026-03", "2026-Q1"}


@pytest.mark.parametrize("name", ["2026-13", "2026-Q5", "26", "2026-1", "", "2026-10-01"])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        periods.parse(name)
