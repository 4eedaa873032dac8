"""The desks of managers: facts, words, what is learnt from messages, and which model is in use."""

from __future__ import annotations

from flask import Blueprint

from console.desk import fact, facts, words


def add_routes(console: Blueprint) -> None:
    """Adds the desks' pages to the console."""
    facts.add_routes(console)
    fact.add_routes(console)
    words.add_routes(console)
