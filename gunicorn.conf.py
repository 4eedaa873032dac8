"""gunicorn: one process with threads; more processes on more cores by WEB_CONCURRENCY."""

import os
import signal
from typing import Any

wsgi_app = "web:create_app()"
bind = f"{os.environ.get('PHLOV_BIND', '127.0.0.1')}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
# The simulator keeps its phones in memory, so one process unless told otherwise.
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
# A live stream holds a thread while a browser listens; what is waited in costs next to nothing, and
# the feed takes no more of them than this, so that 16 are always left for webhooks and pages.
threads = 16 + int(os.environ.get("PHLOV_STREAMS") or "64")
timeout = 30
graceful_timeout = 10
keepalive = 15
# Addresses of requests hold nothing of anyone, yet who asks for which page when is nobody's business.
accesslog = None
errorlog = "-"
loglevel = "warning"
limit_request_line = 4094


def post_worker_init(worker: Any) -> None:
    """Ends the open streams when the worker is told to stop, so that it needn't wait for them."""

    def stop(number: int, frame: Any) -> None:
        worker.wsgi.config["FEED"].end_all()
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, stop)


def on_starting(server: Any) -> None:
    """Before any request: what is forked from here can't be dumped or read by others."""
    from bot.process import harden

    harden()
