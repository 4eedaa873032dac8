"""`phlov eval`: what the helpline does with messages whose meaning is known.

Each message is the first of a new conversation and takes the same way as a real one: the gate, the
brain, the decision. Only storing and sending are left out.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from bot.brain import BrainTurn, BrainUnavailable, Events
from bot.commands.brain_process import running_brain
from bot.decide import Decision, Incoming, Outcome, Situation, decide
from bot.intents import HANDOFF, SENSITIVE
from bot.settings import load_settings

Row = dict[str, Any]


class NoBrain:
    """A brain that can't be reached."""

    def turn(self, events: Events, text: str, picked: bool = False) -> BrainTurn:
        raise BrainUnavailable("switched off")


@click.command("eval")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--no-brain", is_flag=True, help="As if Rasa couldn't be reached.")
def evaluate(files: tuple[Path, ...], no_brain: bool) -> None:
    """Take each line {"text", "label", "form"} of FILES through the helpline; JSON lines out."""
    rows = list(_read(files))
    done = []
    with nullcontext(NoBrain()) if no_brain else running_brain(load_settings()) as brain:
        for row in rows:
            decision = decide(Incoming(row["text"]), Situation(), brain)
            result = _result(row, decision)
            done.append(result)
            click.echo(json.dumps(result, ensure_ascii=False))
    print_table(done)


def _read(files: Iterable[Path]) -> Iterator[Row]:
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                yield {"text": str(row["text"]), "label": str(row["label"]), "form": str(row["form"])}
            except (ValueError, KeyError, TypeError):
                raise click.ClickException(f'{file}:{number}: not {{"text", "label", "form"}}') from None


def _result(row: Row, decision: Decision) -> Row:
    return {
        **row,
        "outcome": str(decision.outcome),
        "intent": decision.intent,
        "reason": decision.reason,
        "options": list(decision.options),
    }


def print_table(results: list[Row], to: Any = None) -> None:
    """The figures of the design's section 9, by form."""
    out = to or sys.stderr
    groups: dict[str, list[Row]] = defaultdict(list)
    for result in results:
        groups[result["form"]].append(result)
    print(f"{'':10}{'n':>6}  {'escalate':>9}{'offer':>8}{'answer':>8}   right  wrong answer", file=out)
    for form in [*sorted(groups), "all"]:
        rows = results if form == "all" else groups[form]
        for name, part in _parts(rows).items():
            if part:
                print(f"{form:10}{len(part):6}  {_line(name, part)}", file=out)


def _parts(rows: list[Row]) -> dict[str, list[Row]]:
    return {
        "sensitive": [r for r in rows if r["label"] in SENSITIVE],
        "person": [r for r in rows if r["label"] in HANDOFF],
        "out of scope": [r for r in rows if r["label"] == "out_of_scope"],
        "everyday": [r for r in rows if r["label"] not in (*SENSITIVE, *HANDOFF, "out_of_scope")],
    }


def _line(name: str, rows: list[Row]) -> str:
    outcomes = Counter(row["outcome"] for row in rows)
    answered = [row for row in rows if row["outcome"] == Outcome.ANSWER]
    right = sum(row["intent"] == row["label"] for row in answered)
    offered = sum(row["outcome"] == Outcome.OFFER and row["label"] in row["options"] for row in rows)
    total = len(rows)
    return (
        f"{outcomes['escalate'] / total:8.1%} {outcomes['offer'] / total:7.1%}"
        f" {outcomes['answer'] / total:7.1%}"
        f"  {(right + offered) / total:6.1%}  {(len(answered) - right) / total:6.1%}  {name}"
    )
