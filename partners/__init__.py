"""Pages for partners and employers: no account, one link each, no script, Khmer and English."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from bot.settings import Settings
from partners import employer, language, referral

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    # The address is half of the key: it must not travel on with a click.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def register(app: Flask) -> None:
    """Adds /partners to `app`."""
    settings: Settings = app.config["SETTINGS"]
    pages = Blueprint(
        "partners",
        __name__,
        url_prefix="/partners",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    pages.before_request(language.choose)
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=settings.redis_url or "memory://",
        in_memory_fallback_enabled=bool(settings.redis_url),
    )
    flood = limiter.limit("30 per minute")
    referral.add_routes(pages, flood)
    employer.add_routes(pages, flood)

    @pages.route("/", defaults={"anything": ""})
    @pages.route("/<path:anything>")
    def missing(anything: str) -> tuple[str, int]:
        return render_template("partners/closed.html"), 404

    @pages.errorhandler(429)
    def too_many(error: Exception) -> tuple[str, int]:
        return render_template("partners/busy.html"), 429

    @app.after_request
    def add_headers(response: Response) -> Response:
        if request.path.startswith("/partners"):
            response.headers.update(_HEADERS)
            if request.endpoint != "partners.static":
                response.headers["Cache-Control"] = "no-store"
            if request.is_secure:
                response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    app.register_blueprint(pages)
