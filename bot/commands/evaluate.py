"""`phlov eval`: what the helpline does with messages whose meaning is known.

Each message is the first of a new conversation and takes the same way as a real one: the gate, the
brain, the decision. Only storing and sending are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from bot import safety
from bot.brain import Brain, NoBrain
from bot.commands.brain_process import running_brain
from bot.decide import decide
from bot.decision import Decision, Incoming, Situation
from bot.settings import load_settings
from nlu import measure
from nlu.measure import Result


@click.command("eval")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--no-brain", is_flag=True, help="As if Rasa couldn't be reached.")
@click.option("--signals", is_flag=True, help="Add what the gate saw, for fitting its thresholds.")
def evaluate(files: tuple[Path, ...], no_brain: bool, signals: bool) -> None:
    """Take each line {"text", "label", "form"} of FILES through the helpline; JSON lines out."""
    rows = list(_read(files))
    done = []
    with nullcontext(NoBrain()) if no_brain else running_brain(load_settings()) as brain:
        for row in rows:
            decision = decide(Incoming(row["text"]), Situation(), brain)
            result = _result(row, decision)
            if signals:
                result |= _signals(row["text"], brain)
            done.append(result)
            click.echo(json.dumps(result, ensure_ascii=False))
    for line in measure.lines(measure.shares(done)):
        click.echo(line, err=True)


def results(files: Iterable[Path], brain: Brain) -> Iterator[Result]:
    """What the helpline does with each message of `files`."""
    for row in _read(files):
        yield _result(row, decide(Incoming(row["text"]), Situation(), brain))


def _read(files: Iterable[Path]) -> Iterator[Result]:
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                yield {key: str(row[key]) for key in ("text", "label", "form")} | {"way": row.get("way", "")}
            except (ValueError, KeyError, TypeError):
                raise click.ClickException(f'{file}:{number}: not {{"text", "label", "form"}}') from None


def _result(row: Result, decision: Decision) -> Result:
    return {
        **row,
        "outcome": str(decision.outcome),
        "intent": decision.intent,
        "reason": decision.reason,
        "options": list(decision.options),
    }


def _signals(text: str, brain: Brain) -> Result:
    """The body's score and the brain's probabilities, before they are weighed against each other."""
    ranking = brain.turn([], text).understanding.ranking
    return {
        "pattern": bool(safety.examine(text)[0]),
        "score": round(safety.score(text).danger, 3),
        "ranking": {intent: round(p, 5) for intent, p in ranking.items()},
    }
