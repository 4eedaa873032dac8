"""`phlov facts`: are all facts sourced, and which are due for review?"""

from __future__ import annotations

from datetime import timedelta

import click

from bot import facts as known
from bot.answers import topics
from bot.directory import entries, files
from bot.models import Form
from bot.words import catalogue, placeholders


@click.group()
def facts() -> None:
    """Facts, their sources and their review dates."""


@facts.command()
def check() -> None:
    """Fail where a reply uses a fact or value that is missing, or could tell one that is expired."""
    problems = list(_problems())
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.ClickException(f"{len(problems)} problems")
    today = known.today()
    told = sum(fact.is_tellable(today) for fact in known.facts().values())
    click.echo(f"{len(known.facts())} facts, {told} may be told today; every reply's facts are there")


@facts.command()
@click.option("--within", "days", type=int, default=30, show_default=True, help="Days from today.")
def due(days: int) -> None:
    """List facts whose review is due, the soonest first."""
    last = known.today() + timedelta(days=days)
    for fact in sorted(known.facts().values(), key=lambda fact: fact.review_due):
        if fact.review_due <= last:
            click.echo(f"{fact.review_due}  {fact.confidence:<18} {fact.id}")


def _problems() -> list[str]:
    problems = []
    for fact in known.facts().values():
        if not fact.source or not fact.source_date:
            problems.append(f"{fact.id}: no source or no date")
        if fact.review_due <= fact.checked_on:
            problems.append(f"{fact.id}: the review is due before the check")
    for name, topic in topics().items():
        for part in topic.parts:
            if part.facts and part.unsure is None:
                problems.append(f"{name}: {part.say} says nothing once its facts may not be told")
            for key, values, sources in (
                (part.say, part.values, set(part.facts)),
                (part.unsure, part.unsure_values, None),
            ):
                problems += _sentence_problems(name, key, values, sources)
    for entry in files.shipped():
        problems += [f"directory {entry['key']}: {field}: {why}" for field, why in entries.check(entry)[1]]
    return problems


def _sentence_problems(
    topic: str, key: str | None, values: dict[str, str], sources: set[str] | None
) -> list[str]:
    if key is None:
        return []
    problems = []
    for form in Form:
        sentence = catalogue(form).get(key, "")
        if not sentence:
            problems.append(f"{topic}: {key} has no words in {form}")
        if placeholders(sentence) - values.keys():
            problems.append(f"{topic}: {key} in {form} has placeholders without a fact")
    for reference in values.values():
        try:
            known.value(reference)
        except known.MissingFact as problem:
            problems.append(f"{topic}: {key}: {problem}")
        if sources is not None and reference.partition(".")[0] not in sources:
            problems.append(f"{topic}: {key} tells {reference} without naming it among its facts")
    return problems
