"""`phlov words`: taking corrected sentences out into the catalogues, and catalogues in."""

from __future__ import annotations

from pathlib import Path

import click

from bot import catalogues, word_edits
from bot.database import connect
from bot.models import Form
from bot.settings import ROOT, load_settings


@click.group()
def words() -> None:
    """The sentences that people are told, in three forms."""


@words.command("export")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=catalogues.LOCALES,
    help="Another folder than locales/; all catalogues are written there.",
)
def export(folder: Path) -> None:
    """Write what was changed and reviewed in the console into the .po files."""
    with connect(load_settings()).reading() as session:
        written = word_edits.export(session, folder)
    for file in written:
        click.echo(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)
    if not written:
        click.echo("the catalogues have all of it already")


@words.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--form", type=click.Choice(list(Form)), required=True, help="Whose words are in it.")
def import_(file: Path, form: str) -> None:
    """Take the sentences of a .po FILE that differ, and its marks of native speakers' reviews."""
    try:
        with connect(load_settings()).transaction() as session:
            taken = word_edits.read_in(session, file, Form(form))
    except word_edits.WordsRefused as problem:
        raise click.ClickException(f"nothing was taken: {problem}") from None
    click.echo(f"{len(taken)} sentences: {', '.join(taken)}" if taken else "nothing differs")


@words.command()
def unreviewed() -> None:
    """List the sentences that no native speaker has reviewed."""
    with connect(load_settings()).reading() as session:
        for sentence in word_edits.sentences(session):
            forms = [form for form, version in sentence.forms.items() if not version.reviewed]
            if forms:
                click.echo(f"{sentence.key}  {' '.join(forms)}")
