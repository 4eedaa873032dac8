"""`phlov directory`: the service directory from and to files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.database import connect
from bot.directory import files, hsds, hsds_package
from bot.settings import load_settings


@click.group()
def directory() -> None:
    """The service directory (columns and codes: docs/listings.md)."""


@directory.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
def import_(file: Path | None) -> None:
    """Take over FILE (.csv, or .json as HSDS), all of it or nothing; without FILE the shipped entries."""
    with connect(load_settings()).transaction() as session:
        try:
            if file is None:
                number = files.seed(session)
            elif file.suffix == ".json":
                number = hsds.import_hsds(session, file.read_bytes())
            else:
                number = files.import_csv(session, file.read_bytes())
        except files.BadFile as bad:
            for problem in bad.problems:
                click.echo(str(problem), err=True)
            raise click.ClickException(f"{len(bad.problems)} problems; nothing was taken over") from None
    click.echo(f"{number} entries taken over")


@directory.command()
@click.option(
    "--format", "kind", type=click.Choice(["csv", "hsds", "hsds-tables"]), default="csv", show_default=True
)
@click.option("--all", "everything", is_flag=True, help="Also what isn't published.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def export(kind: str, everything: bool, file: Path | None) -> None:
    """Write the published entries to FILE (or standard output)."""
    with connect(load_settings()).reading() as session:
        made = {"hsds": hsds.export_hsds, "hsds-tables": hsds_package.export_package}
        make = made.get(kind, files.export_csv)
        content = make(session, public=not everything)
    if file:
        file.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
