"""Jobs and courses in the console: found for a person, moderated, from files and invited employers."""

from __future__ import annotations

from flask import Blueprint

from bot.permissions import Permission
from console import navigation
from console.jobs import employers, exchange, pages
from console.language import N_


def add_routes(console: Blueprint) -> None:
    pages.add_routes(console)
    exchange.add_routes(console)
    employers.add_routes(console)
    navigation.add("console.jobs_page", N_("Jobs"), Permission.DIRECTORY_READ, 31)
