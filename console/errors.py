"""What an operator reads when something can't be done: what it is and what to do."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from bot.permissions import Permission
from console.access import permit
from console.language import gettext as _


def install(console: Blueprint) -> None:
    """Gives the console's errors a page of its own, for what isn't there too."""

    @console.route("/<path:anything>")
    @permit(Permission.OWN_ACCOUNT)
    def missing(anything: str) -> str:
        abort(404)

    @console.errorhandler(HTTPException)
    def explain(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        return render_template("console/error.html", code=code, words=_words(error)), code


def _words(error: HTTPException) -> str:
    if isinstance(error, CSRFError):
        return _("This page was open for too long. Go back, reload it and try again.")
    words = {
        403: _("You may not do that. If you should be able to, ask your supervisor."),
        404: _("This isn't here, or it isn't yours to see."),
        409: _("Somebody was faster. Go back to the queue."),
        429: _("Too many tries. Wait a minute, then try again."),
    }
    return words.get(error.code or 500, _("That didn't work. Go back and try again."))
