"""The console's menu: each area adds its pages, and an operator is shown those they may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, g

from bot.permissions import Permission, allows
from console.access import can
from console.sessions import Stage


@dataclass(frozen=True)
class Item:
    """One page of the menu; `label` is the English text, marked with N_."""

    endpoint: str
    label: str
    permission: Permission
    order: int
    # How many things wait for this operator there, where that is known.
    count: Callable[[], int] | None = None


_items: dict[str, Item] = {}


def add(
    endpoint: str,
    label: str,
    permission: Permission,
    order: int = 50,
    count: Callable[[], int] | None = None,
) -> None:
    """Puts a page into the menu, smaller `order` first: `add("console.queue_page", N_("Queue"), …)`."""
    _items[endpoint] = Item(endpoint, label, permission, order, count)


def items() -> list[Item]:
    """What the signed-in operator may open, in order; the first is their home."""
    if g.get("stage") != Stage.IN:
        return []
    mine = [item for item in _items.values() if allows(g.operator, item.permission)]
    return sorted(mine, key=lambda item: item.order)


def counts() -> dict[str, int]:
    """How many things wait for the operator behind the menu's items that count, by endpoint."""
    return {item.endpoint: item.count() for item in items() if item.count}


def install(app: Flask) -> None:
    """Makes the menu, and can('a_permission'), known to the templates."""
    app.jinja_env.globals.update(can=can, menu=items)
