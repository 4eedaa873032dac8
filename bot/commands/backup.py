"""`phlov backup` and `phlov restore`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from bot import backup as backups
from bot.crypto import Keyring, Undecryptable
from bot.database import connect
from bot.models.columns import use_keyring
from bot.settings import UnsafeSetting, load_settings

_NAME = "phlov-*.backup"


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="Delete all but this many of the newest there.")
def backup(path: Path, keep: int | None) -> None:
    """Write an encrypted backup to PATH: a file, or a folder where it gets its time as a name.

    It is read back before it gets its name. `phlov restore` needs the PHLOV_KEYS of today.
    """
    if path.is_dir():
        path = path / f"phlov-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
    try:
        contents = backups.write(connect(load_settings()), path)
    except (OSError, backups.BackupDamaged, backups.NotABackup) as problem:
        _fail(f"no backup was made: {problem}")
    click.echo(f"{path}: {sum(contents.rows.values())} rows of {len(contents.rows)} tables, read back")
    if keep:
        for old in sorted(path.parent.glob(_NAME))[:-keep]:
            old.unlink()


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only read the file to its end; change nothing.")
def restore(file: Path, check: bool) -> None:
    """Restore FILE into the empty database at DATABASE_URL.

    What was under way when the backup was made isn't sent again but waits for people.
    """
    settings = load_settings()
    use_keyring(Keyring(settings.keys))
    try:
        contents = backups.check(file) if check else backups.restore(settings, file)
    except Undecryptable as problem:
        raise UnsafeSetting("PHLOV_KEYS", f"{problem}; put that key into it") from None
    except backups.NotEmpty as problem:
        _fail(f"the database holds data already ({problem}): let DATABASE_URL name an empty one")
    except (backups.NotABackup, backups.BackupDamaged) as problem:
        _fail(f"{file} can't be restored: {problem}")
    done = "can be restored" if check else "restored"
    click.echo(f"{done}: {sum(contents.rows.values())} rows of {contents.at}, schema {contents.revision}")


def _fail(problem: str) -> None:
    click.echo(f"phlov: {problem}", err=True)
    sys.exit(1)
