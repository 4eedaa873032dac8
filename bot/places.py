"""Provinces with their names in three forms and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from bot.facts import FOLDER
from bot.models import Form


@dataclass(frozen=True)
class Province:
    code: str
    names: dict[str, str]
    neighbours: tuple[str, ...]

    def name(self, form: Form) -> str:
        return self.names[form]


@cache
def provinces() -> dict[str, Province]:
    """The 25 provinces by code ("01" to "25")."""
    data = _load("provinces")["provinces"]
    return {p["code"]: Province(p["code"], p["name"], tuple(p["neighbours"])) for p in data}


@cache
def districts() -> dict[str, dict[str, str]]:
    """The names ("km", "en") of districts by code; the first two digits are the province's."""
    return {str(d["code"]): d for d in _load("districts")["districts"]}


def _load(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return data
