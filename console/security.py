"""CSRF protection of every form, and the headers of every page."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request
from flask_wtf.csrf import CSRFProtect

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def protect(app: Flask, console: Blueprint) -> None:
    """Puts both on all routes of the console, and on no other."""
    csrf = CSRFProtect(app)
    console.before_request(csrf.protect)

    @app.after_request
    def add_headers(response: Response) -> Response:
        if request.path.startswith("/console"):
            response.headers.update(_HEADERS)
            if request.endpoint != "console.static":
                response.headers["Cache-Control"] = "no-store"
            if request.is_secure:
                response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
