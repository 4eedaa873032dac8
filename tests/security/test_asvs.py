"""docs/asvs.md judges each item of ASVS 4.0.3's level 2 once, and what it calls evidence exists."""

from __future__ import annotations

import re

from bot.settings import ROOT

# The last item of each section, and what of it is deleted or of level 3 alone.
_SECTIONS = {
    "1.1": 7, "1.2": 4, "1.4": 5, "1.5": 4, "1.6": 4, "1.7": 2, "1.8": 2, "1.9": 2, "1.10": 1, "1.11": 2,
    "1.12": 2, "1.14": 6, "2.1": 12, "2.2": 3, "2.3": 3, "2.4": 5, "2.5": 7, "2.6": 3, "2.7": 6, "2.8": 7,
    "2.9": 3, "2.10": 4, "3.1": 1, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3, "3.7": 1, "4.1": 5, "4.2": 2,
    "4.3": 3, "5.1": 5, "5.2": 8, "5.3": 10, "5.4": 3, "5.5": 4, "6.1": 3, "6.2": 6, "6.3": 2, "6.4": 2,
    "7.1": 4, "7.2": 2, "7.3": 4, "7.4": 3, "8.1": 4, "8.2": 3, "8.3": 8, "9.1": 3, "9.2": 4, "10.2": 2,
    "10.3": 3, "11.1": 8, "12.1": 3, "12.2": 1, "12.3": 6, "12.4": 2, "12.5": 2, "12.6": 1, "13.1": 5,
    "13.2": 6, "13.3": 2, "13.4": 2, "14.1": 4, "14.2": 6, "14.3": 3, "14.4": 7, "14.5": 4,
}  # fmt: skip
_NOT = {"1.4.2", "1.4.3", "1.12.1", "4.1.4", "7.3.2", "13.1.2", "13.2.4", "14.3.1"}
_PAGE = (ROOT / "docs" / "asvs.md").read_text()


def test_each_item_of_level_2_is_judged_once() -> None:
    items = re.findall(r"(?m)^\| (\d+\.\d+\.\d+) \| (?:met|partly|no|n/a) \| .+ \|$", _PAGE)
    wanted = {f"{section}.{n}" for section, last in _SECTIONS.items() for n in range(1, last + 1)} - _NOT
    assert sorted(items) == sorted(wanted) and len(items) == 259


def test_what_is_called_evidence_exists() -> None:
    paths = re.findall(r"`((?:bot|console|tests|deploy|docs|nlu|webhooks|\.ci|bin)/[\w./-]+|web\.py)`", _PAGE)
    assert len(paths) > 80
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name in re.findall(r"`(test_\w+)`", _PAGE):
        assert any(f"def {name}(" in file.read_text() for file in (ROOT / "tests").rglob("test_*.py")), name
