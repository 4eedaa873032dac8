"""The desks of managers: facts, words, what is learnt from messages, and models."""

from __future__ import annotations

from flask import Blueprint

from console.desk import fact, facts, learning, models, new_fact, relabel, words


def add_routes(console: Blueprint) -> None:
    """Adds the desks' pages to the console."""
    facts.add_routes(console)
    new_fact.add_routes(console)
    fact.add_routes(console)
    words.add_routes(console)
    learning.add_routes(console)
    relabel.add_routes(console)
    models.add_routes(console)
