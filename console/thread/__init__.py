"""A conversation's page and what an operator does there; calls, mentions, and the texts behind it."""

from __future__ import annotations

from flask import Blueprint

from console.thread import (
    calls,
    canned_desk,
    contact,
    ending,
    exceptions,
    mentions,
    page,
    protocol_desk,
    reply,
    steps,
)


def add_routes(console: Blueprint) -> None:
    for module in (
        page,
        reply,
        mentions,
        contact,
        steps,
        ending,
        exceptions,
        calls,
        canned_desk,
        protocol_desk,
    ):
        module.add_routes(console)
