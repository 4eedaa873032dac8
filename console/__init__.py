"""The operators' console: server-rendered pages with htmx. Only the sign-in page is open to anyone."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, url_for
from werkzeug.wrappers import Response

from bot.permissions import Permission
from console import (
    access,
    account,
    breaks,
    desk,
    directory,
    errors,
    events,
    glass,
    insight,
    jobs,
    labels,
    language,
    lock,
    navigation,
    presence,
    queue,
    referrals,
    returns,
    search,
    security,
    sessions,
    sign_in,
    staff,
    step_up,
    supervision,
    thread,
    trail,
    transfer,
)
from console.access import permit
from console.limits import Limits


def register(app: Flask) -> None:
    """Adds /console to `app`."""
    https = app.config["SESSION_COOKIE_SECURE"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-phlov_console" if https else "phlov_console",
        SESSION_COOKIE_PATH="/" if https else "/console",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    console = Blueprint(
        "console",
        __name__,
        url_prefix="/console",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    console.before_request(language.choose)
    console.before_request(sessions.require_operator)
    console.before_request(access.require_permission)
    console.before_request(step_up.require_proof)
    security.protect(app, console)
    language.install(app)
    labels.install(app)
    navigation.install(app)
    errors.install(console)

    @console.get("")
    @console.get("/")
    @permit(Permission.OWN_ACCOUNT)
    def home() -> Response:
        mine = navigation.items()
        return redirect(url_for(mine[0].endpoint))

    limits = Limits(app)
    sign_in.add_routes(console, limits)
    account.add_routes(console, limits)
    lock.add_routes(console, limits)
    step_up.add_routes(console, limits)
    staff.add_routes(console)
    glass.add_routes(console)
    trail.add_routes(console)
    search.add_routes(console)
    queue.add_routes(console)
    directory.add_routes(console)
    jobs.add_routes(console)
    referrals.add_routes(app, console)
    thread.add_routes(console)
    insight.add_routes(console)
    returns.add_routes(console)
    events.add_routes(console)
    breaks.add_routes(console)
    presence.add_routes(console)
    transfer.add_routes(console)
    supervision.add_routes(console)
    desk.add_routes(console)
    app.register_blueprint(console)
