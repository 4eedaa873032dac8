"""The service directory's pages: finding, editing with history, confirming, files in and out."""

from __future__ import annotations

from flask import Blueprint

from bot.permissions import Permission
from console import navigation
from console.directory import edit, exchange, find, organisations
from console.language import N_


def add_routes(console: Blueprint) -> None:
    find.add_routes(console)
    exchange.add_routes(console)
    edit.add_routes(console)
    organisations.add_routes(console)
    navigation.add("console.directory_page", N_("Services"), Permission.DIRECTORY_READ, 30)
