"""Logs: one JSON line an event, by ids. No text, name, number or chat id ever goes in."""

from __future__ import annotations

import logging
import sys

import structlog

from bot.settings import Settings


def configure_logs(settings: Settings) -> None:
    """Sets up this process's logs; libraries speak only in warnings."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s")
    for noisy in ("urllib3", "twilio", "sqlalchemy", "werkzeug"):
        # Their messages hold addresses of requests, with tokens and numbers in them.
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    renderer = structlog.processors.JSONRenderer() if settings.production else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
