"""Every route of the console, with an address for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import Rule


def console_rules(app: Flask) -> Iterator[Rule]:
    """All rules below /console."""
    yield from (rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/console"))


def path_of(app: Flask, rule: Rule, **values: Any) -> str:
    """An address that the rule answers: `values` where given, else 1 for a number and x for a word."""
    converters = rule._converters
    defaults = {name: _example(type(converters[name]).__name__) for name in rule.arguments}
    with app.test_request_context():
        built = rule.build({**defaults, **{n: v for n, v in values.items() if n in rule.arguments}})
    assert built is not None
    return built[1]


def _example(converter: str) -> object:
    return {"IntegerConverter": 1, "FloatConverter": 1.0}.get(converter, "x")
