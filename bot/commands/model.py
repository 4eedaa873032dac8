"""`phlov model`: train the next model, compare it with the one that serves, switch, roll back."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from bot import audit
from bot.commands.brain_process import running_model
from bot.commands.evaluate import results
from bot.database import connect
from bot.learning import compare as comparing
from bot.learning import examples, export, models, switching
from bot.settings import ROOT, Settings, load_settings

_DEVELOPMENT = ROOT / "nlu" / "dev"


@click.group()
def model() -> None:
    """The models of the brain, and what they learn from."""


@model.command("list")
def list_() -> None:
    """Which models there are, which one serves, and how the comparison went."""
    settings = load_settings()
    for found in models.models():
        verdict = "not compared"
        if found.comparison is not None:
            number = len(found.comparison["problems"])
            verdict = f"{number} problems" if number else "fit"
        mark = "*" if found.is_current else " "
        click.echo(f"{mark} {found.name:<24} {found.trained_at:%Y-%m-%d %H:%M} UTC  {verdict}")
    for url, name in switching.served(settings).items():
        click.echo(f"{url} serves {name or 'nothing (not reached)'}")


@model.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_(folder: Path) -> None:
    """Write the labelled examples into FOLDER as training messages; who wrote them is forgotten then."""
    with connect(load_settings()).transaction() as session:
        labelled = examples.labelled(session)
        for file in export.write(labelled, folder):
            click.echo(file)
        examples.mark_exported(session, labelled)
        audit.record(session, None, "export_examples", "learning", f"{len(labelled)} examples")
    click.echo(f"{len(labelled)} messages")


@model.command()
@click.argument("name")
@click.option("--with", "folders", multiple=True, type=click.Path(exists=True, path_type=Path))
def train(name: str, folders: tuple[Path, ...]) -> None:
    """Train the model NAME on nlu/data, what --with names, and the labelled examples not yet exported."""
    if not models.is_name(name):
        raise click.ClickException("a name is of small letters, digits, dots and dashes, and not `shipped`")
    with tempfile.TemporaryDirectory() as scratch:
        with connect(load_settings()).reading() as session:
            export.write(examples.labelled(session), Path(scratch))
        more = [str(folder.resolve()) for folder in folders]
        more += [scratch] if any(Path(scratch).iterdir()) else []
        command = [str(ROOT / "bin" / "train"), name, *more]
        if subprocess.run(command, check=False).returncode:  # noqa: S603
            raise click.ClickException("the training failed")
    click.echo(f"trained: `phlov model compare {name}` next")


@model.command()
@click.argument("name")
@click.argument("other", required=False)
@click.option("--on", "files", multiple=True, type=click.Path(exists=True, path_type=Path))
def compare(name: str, other: str | None, files: tuple[Path, ...]) -> None:
    """Take the development messages through NAME and the model that serves (or OTHER)."""
    other = other or models.current()
    settings = load_settings()
    chosen = list(files) or sorted(_DEVELOPMENT.glob("*.jsonl"))
    try:
        taken = {which: _taken_by(settings, which, chosen) for which in (other, name)}
    except models.ModelRefused as problem:
        raise click.ClickException(str(problem)) from None
    found = comparing.compared(taken[name], taken[other])
    models.keep_comparison(name, {**found, "against": other, "messages": len(taken[name])})
    click.echo(f"{'':44}{other:>14}{name:>14}")
    for row in found["figures"]:
        what = f"{row['form']} {row['kind']} {row['measure']}"
        click.echo(f"{what:44}{row['before']:>14.1%}{row['after']:>14.1%}")
    for line in found["problems"]:
        click.echo(f"worse: {line}")
    if found["problems"]:
        raise click.ClickException(f"{name} must not take over ({len(found['problems'])} problems)")
    click.echo(f"{name} may take over: `phlov model switch {name}`")


@model.command()
@click.argument("name")
@click.option("--despite", is_flag=True, help="Without a comparison, or despite what it found.")
def switch(name: str, despite: bool) -> None:
    """Have the model NAME serve; web and worker go on, and so does the old model until it does."""
    _switch(name, despite)


@model.command()
def rollback() -> None:
    """Have the model serve that served before this one."""
    try:
        before = switching.one_before()
    except models.ModelRefused as problem:
        raise click.ClickException(str(problem)) from None
    _switch(before, despite=True)


def _switch(name: str, despite: bool) -> None:
    settings = load_settings()
    try:
        before = switching.switch(name, settings, despite)
    except models.ModelRefused as problem:
        raise click.ClickException(str(problem)) from None
    with connect(settings).transaction() as session:
        audit.record(session, None, "switch_model", f"model:{name}", f"from {before}")
    click.echo(f"{name} serves now, {before} did before")


def _taken_by(settings: Settings, name: str, files: list[Path]) -> list[dict[str, object]]:
    models.file_of(name)
    with running_model(settings, name) as brain:
        return list(results(files, brain))
