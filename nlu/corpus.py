"""The messages to learn from (nlu/data) and those to measure on (nlu/dev), as rows.

`nlu/data/<form>/<file>.yml` is Rasa's own format. A file is named after its intent, with an ending
where it holds one kind only: `_direct` and `_indirect` for danger that is named or not named,
`_harmless` for everyday messages with a frightening word in them. The files of the three forms have
the same names, and the nth message of each tells of about the same situation.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
FORMS = ("km", "km_Latn", "en")
WAYS = ("direct", "indirect", "harmless")
_MARK = "    - "
_NEIGHBOURS = 5


@dataclass(frozen=True)
class Row:
    """One message: `way` is one of WAYS or "" where the file mixes them; rows of one `situation`
    belong on the same side of a split."""

    text: str
    intent: str
    form: str
    way: str = ""
    situation: str = ""


def training() -> list[Row]:
    """Every message to learn from, in the order of forms, files and lines."""
    return [
        row
        for form in FORMS
        for file in sorted((FOLDER / "data" / form).glob("*.yml"))
        for row in _read(file)
    ]


def development() -> list[Row]:
    """Every message to measure on; none was written by a writer of the training messages."""
    rows = []
    for file in sorted((FOLDER / "dev").glob("*.jsonl")):
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            row = json.loads(line)
            form = row["form"].replace("-", "_")
            rows.append(Row(row["text"], row["label"], form, row.get("way", ""), f"dev/{file.stem}:{number}"))
    return rows


def fingerprint(rows: list[Row]) -> str:
    """Changes with any message, so that what was learnt from `rows` can say so."""
    content = "\n".join(f"{row.form} {row.intent} {row.text}" for row in rows)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def way_of(file: Path) -> str:
    """The kind of messages that the name of `file` promises."""
    return next((way for way in WAYS if file.stem.endswith(f"_{way}")), "")


def _read(file: Path) -> list[Row]:
    form, way = file.parent.name, way_of(file)
    intent = ""
    rows: list[Row] = []
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("- intent: "):
            intent = line.removeprefix("- intent: ").strip()
        elif line.startswith(_MARK):
            # Neighbours too, since in some files the forms run apart by a line or two.
            situation = f"{file.stem}:{len(rows) // _NEIGHBOURS}"
            rows.append(Row(line.removeprefix(_MARK), intent, form, way, situation))
    return rows
