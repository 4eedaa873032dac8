"""The figures of the design's section 9, from what `phlov eval` printed, with their uncertainty."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.intents import HANDOFF, SENSITIVE

FLOOR = Path(__file__).parent / "dev" / "floor.yml"
Result = dict[str, Any]
FORMS = ("km", "km-Latn", "en", "all")


@dataclass(frozen=True)
class Share:
    """`hits` of `total`; `low` and `high` bound it with 95 % confidence (Wilson 1927)."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else math.nan

    @property
    def low(self) -> float:
        return self._bound(-1)

    @property
    def high(self) -> float:
        return self._bound(+1)

    def _bound(self, side: int) -> float:
        if not self.total:
            return math.nan
        n, p, z = self.total, self.value, 1.96
        middle = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return min(max((middle + side * spread) / (1 + z * z / n), 0.0), 1.0)


def is_danger(result: Result) -> bool:
    """Whether the conversation went to people as danger, and not for want of a brain."""
    return result["outcome"] == "escalate" and result["reason"] in SENSITIVE


def is_right(result: Result) -> bool:
    """The right answer, the right one among the options offered, or a person for who asked for one."""
    if result["label"] in HANDOFF:
        return bool(result["outcome"] == "escalate")
    if result["outcome"] == "answer":
        return bool(result["intent"] == result["label"])
    return result["outcome"] == "offer" and result["label"] in result["options"]


def is_wrong_answer(result: Result) -> bool:
    return bool(result["outcome"] == "answer" and result["intent"] != result["label"])


def is_answered(result: Result) -> bool:
    return bool(result["outcome"] == "answer")


KINDS: dict[str, Callable[[Result], bool]] = {
    "sensitive": lambda r: r["label"] in SENSITIVE,
    "  named": lambda r: r["label"] in SENSITIVE and r.get("way") == "direct",
    "  not named": lambda r: r["label"] in SENSITIVE and r.get("way") == "indirect",
    "harmless words": lambda r: r["label"] not in SENSITIVE and r.get("way") == "harmless",
    "everyday": lambda r: r["label"] not in (*SENSITIVE, *HANDOFF, "out_of_scope"),
    "out of scope": lambda r: r["label"] == "out_of_scope",
    "asks for a person": lambda r: r["label"] in HANDOFF,
}
MEASURES: dict[str, Callable[[Result], bool]] = {
    "danger": is_danger,
    "answer": is_answered,
    "right": is_right,
    "wrong answer": is_wrong_answer,
}


def shares(results: Iterable[Result]) -> dict[tuple[str, str, str], Share]:
    """Every measure of every kind in every form: (form, kind, measure) -> Share."""
    results = list(results)
    table = {}
    for form in FORMS:
        of_form = [r for r in results if form in ("all", r["form"])]
        for kind, belongs in KINDS.items():
            rows = [r for r in of_form if belongs(r)]
            for measure, hit in MEASURES.items():
                table[form, kind, measure] = Share(sum(map(hit, rows)), len(rows))
    return table


def below_floor(tables: Mapping[str, Mapping[tuple[str, str, str], Share]]) -> list[str]:
    """What is worse than the committed floor: `least` bounds from below, `most` from above."""
    problems = []
    for run, kinds in yaml.safe_load(FLOOR.read_text("utf-8")).items():
        for kind, measures in kinds.items() if run in tables else ():
            for measure, bounds in measures.items():
                for form, bound in bounds["forms"].items():
                    share = tables[run][form, kind, measure]
                    wrong = share.value < bound if bounds["is"] == "least" else share.value > bound
                    if share.total and wrong:
                        stands = f"{measure} is {share.value:.1%}, {bounds['is']} is {bound:.1%}"
                        problems.append(f"{run}, {form}, {kind}: {stands}")
    return problems


def lines(table: dict[tuple[str, str, str], Share]) -> list[str]:
    """The table to print: the share, and in brackets its 95 % interval."""
    head = f"{'':9}{'':18}{'n':>5}  " + "".join(f"{measure:>22}" for measure in MEASURES)
    out = [head]
    for form in FORMS:
        for kind in KINDS:
            first = table[form, kind, "danger"]
            if first.total:
                cells = "".join(f"{_cell(table[form, kind, measure]):>22}" for measure in MEASURES)
                out.append(f"{form:9}{kind:18}{first.total:5}  {cells}")
    return out


def read(file: Path) -> list[Result]:
    """The results in `file`, as `phlov eval` printed them."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def _cell(share: Share) -> str:
    return f"{share.value:.1%} [{share.low:.0%}–{share.high:.0%}]"
