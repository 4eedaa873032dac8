"""The console's menu: each area adds its pages, and an operator is shown those they may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g

from bot.permissions import Permission, allows
from console.access import can
from console.language import gettext


@dataclass(frozen=True)
class Item:
    """One page of the menu; `label` is the English text, marked with N_."""

    endpoint: str
    label: str
    permission: Permission
    order: int


_items: dict[str, Item] = {}


def add(endpoint: str, label: str, permission: Permission, order: int = 50) -> None:
    """Puts a page into the menu, smaller `order` first: `add("console.queue_page", N_("Queue"), …)`."""
    _items[endpoint] = Item(endpoint, label, permission, order)


def items() -> list[Item]:
    """What the signed-in operator may open, in order; the first is their home."""
    if "operator" not in g:
        return []
    mine = [item for item in _items.values() if allows(g.operator, item.permission)]
    return sorted(mine, key=lambda item: item.order)


def install(app: Flask) -> None:
    """Makes the menu, and can('a_permission'), known to the templates."""
    app.jinja_env.globals.update(can=can, menu=items, menu_words=lambda item: gettext(item.label))
