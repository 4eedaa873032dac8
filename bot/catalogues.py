"""The Babel catalogues in `locales/`: reading them with their remarks, and writing them as they are kept."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.settings import ROOT

LOCALES = ROOT / "locales"
KEYED = ("messages", "answers")  # sentences to people, by key in three forms
UNREVIEWED = "not yet reviewed by a native speaker"
REVIEWED = "reviewed by a native speaker on "


def file_of(domain: str, language: str, folder: Path = LOCALES) -> Path:
    """Where the catalogue is."""
    return folder / language / "LC_MESSAGES" / f"{domain}.po"


def read(domain: str, language: str, folder: Path = LOCALES) -> Catalog:
    """The catalogue, empty where there is no file."""
    file = file_of(domain, language, folder)
    if not file.exists():
        return Catalog(domain=domain)
    with file.open("rb") as source:
        return read_po(source, domain=domain)


def write(catalogue: Catalog, domain: str, language: str, folder: Path = LOCALES) -> None:
    """Writes the catalogue, sorted, so that only what changed differs from before."""
    content = io.BytesIO()
    write_po(content, catalogue, width=0, sort_output=True, omit_header=False)
    # The time of writing would change the file when nothing else did.
    lines = [line for line in content.getvalue().decode().splitlines() if "-Date: " not in line]
    file = file_of(domain, language, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines).rstrip() + "\n", "utf-8")


def is_reviewed(message: Message) -> bool:
    """Whether no remark says that a native speaker has yet to review it."""
    remarks = (*message.user_comments, *message.auto_comments)
    return not any("not yet reviewed" in remark for remark in remarks)


def mark(message: Message, reviewed_on: str | None) -> None:
    """Says that a native speaker reviewed it on this day, or has yet to, in place of the old remark."""
    kept = [c for c in message.user_comments if "reviewed by a native speaker" not in c]
    message.user_comments = [REVIEWED + reviewed_on if reviewed_on else UNREVIEWED, *kept]


def reviewed_on(message: Message) -> str | None:
    """The day of the native speaker's review, where a remark says so."""
    days = [c.removeprefix(REVIEWED) for c in message.user_comments if c.startswith(REVIEWED)]
    return days[0] if days else None
