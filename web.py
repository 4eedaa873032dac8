"""The web process: puts webhooks, console and (in development) the simulator into one Flask app.

The only module that knows all. Served by gunicorn (gunicorn.conf.py).
"""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import console
import partners
import webhooks.health
import webhooks.telegram
import webhooks.twilio
from bot.database import Database, connect
from bot.feed import Feed
from bot.logs import configure_logs
from bot.models.columns import keyring
from bot.presence import make_presence
from bot.settings import Settings, load_settings
from bot.wakeup import make_wakeup

log = structlog.get_logger()

_LARGEST_REQUEST = 1024 * 1024
# For what isn't a page: console, partners' and public pages have their own on top.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The application on `settings` (from the environment by default)."""
    settings = settings or load_settings()
    configure_logs(settings)
    app = Flask("phlov", static_folder=None)
    database = database or connect(settings)
    app.config.update(
        SETTINGS=settings,
        DATABASE=database,
        FEED=Feed(database, settings),
        PRESENCE=make_presence(settings),
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
        SECRET_KEY=keyring().session_key,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
    )
    if settings.production:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    for blueprint in (webhooks.twilio.blueprint, webhooks.telegram.blueprint, webhooks.health.blueprint):
        app.register_blueprint(blueprint)
    console.register(app)
    partners.register(app)
    if settings.public_insight:
        import public

        app.register_blueprint(public.blueprint)
    if not settings.production:
        import simulator

        simulator.register(app)
    _protect(app)
    _answer_failures_plainly(app)
    _wake_the_worker(app, settings)
    return app


def _protect(app: Flask) -> None:
    """Headers of every answer that has none of its own; the simulator, on nobody's network, has none."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        if not request.path.startswith("/simulator"):
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            if request.is_secure:
                response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def _answer_failures_plainly(app: Flask) -> None:
    """A failure answers with its number; what went wrong is logged by kind, without any content."""

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[str, int] | HTTPException:
        if isinstance(error, HTTPException):
            if request.path.startswith("/webhooks/"):
                return "", error.code or 500
            return error
        log.error("request_failed", endpoint=request.endpoint, error=type(error).__name__)
        return "", 503 if request.path.startswith("/webhooks/") else 500


def _wake_the_worker(app: Flask, settings: Settings) -> None:
    wakeup = make_wakeup(settings)

    @app.after_request
    def wake(response: Response) -> Response:
        if request.method == "POST" and response.status_code < 300:
            wakeup.wake()
        return response
