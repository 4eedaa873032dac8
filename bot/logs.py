"""Logs: one JSON line an event, by ids. No text, name, number or chat id ever goes in."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TextIO

import structlog

from bot.settings import Settings


class Unfailing:
    """A stream whose failures are nobody's: a full disk under the log must stop no job that tells of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


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
        logger_factory=structlog.PrintLoggerFactory(Unfailing(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
