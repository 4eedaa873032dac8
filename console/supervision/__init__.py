"""The supervisors' pages: the board, the on-call rota, the review of closed conversations."""

from __future__ import annotations

from flask import Blueprint

from console.supervision import board, reviews, rota


def add_routes(console: Blueprint) -> None:
    """Adds /console/supervision/…"""
    board.add_routes(console)
    rota.add_routes(console)
    reviews.add_routes(console)
