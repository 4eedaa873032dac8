"""Provinces with their names in three forms and their neighbours, and the service directory."""

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


@dataclass(frozen=True)
class Service:
    """A service at a known place; what it rests on are `facts`."""

    id: str
    kind: str
    provinces: tuple[str, ...]
    names: dict[str, str]
    places: dict[str, str]
    facts: tuple[str, ...]


@cache
def provinces() -> dict[str, Province]:
    """The 25 provinces by code ("01" to "25")."""
    data = _load("provinces")["provinces"]
    return {p["code"]: Province(p["code"], p["name"], tuple(p["neighbours"])) for p in data}


@cache
def services() -> tuple[Service, ...]:
    """The service directory."""
    return tuple(
        Service(s["id"], s["kind"], tuple(s["provinces"]), s["name"], s["place"], tuple(s["facts"]))
        for s in _load("directory")["services"]
    )


def nearest(kinds: list[str], province: str) -> tuple[Service, str] | None:
    """The first service of `kinds` (in their order) in `province`, else in a neighbouring one, with
    the code of the province it is in."""
    for code in (province, *provinces()[province].neighbours):
        for kind in kinds:
            for service in services():
                if service.kind == kind and code in service.provinces:
                    return service, code
    return None


def _load(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return data
