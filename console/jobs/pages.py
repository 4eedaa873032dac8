"""The list of jobs and courses, searched by text in any of the three forms; deciding on one."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import segments
from bot.jobs import listings, search
from bot.jobs.lexicon import wanted
from bot.jobs.tell import place, told, wage
from bot.models import EmployerLink, Form, Listing, ListingState, Operator
from bot.permissions import Permission
from bot.places import provinces
from bot.words import say
from console.access import can, permit
from console.directory.words import form
from console.jobs import words
from console.language import gettext as _

_MOST_ROWS = 200
STATES = tuple(ListingState)


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/jobs", "jobs_page", jobs_page)
    console.add_url_rule("/jobs/<int:listing_id>", "listing_page", listing_page)
    console.add_url_rule("/jobs/<int:listing_id>/decide", "listing_decide", listing_decide, methods=["POST"])


@permit(Permission.DIRECTORY_READ)
def jobs_page() -> str:
    with current.database().reading() as db:
        return page(db)


def page(db: Session, new_link: str = "") -> str:
    """The list, with an employer's new link where one was just made: it is shown this once."""
    text = request.args.get("q", "").strip()[:200]
    state = request.args.get("state", "published")
    if state not in STATES or not can("jobs_moderate"):
        state = "published"
    asked = wanted(text)
    if text and state == "published":
        found = [
            one
            for kind in listings.KINDS
            for one in search.find(db, kind, trade=asked.trade, province=asked.province)
        ]
        rows = found if asked.trade or asked.province else []
    else:
        newest = select(Listing).where(Listing.state == state).order_by(Listing.id.desc()).limit(_MOST_ROWS)
        rows = list(db.scalars(newest))
    pending = select(func.count(Listing.id)).where(Listing.state == ListingState.PENDING)
    links = select(EmployerLink).order_by(EmployerLink.id.desc()).limit(50)
    return render_template(
        "console/jobs/list.html",
        rows=[_row(listing) for listing in rows],
        text=text,
        asked=_asked(asked.trade, asked.province),
        state=state,
        states=[(name, words.state(name)) for name in STATES],
        pending=db.scalar(pending) or 0,
        links=list(db.scalars(links)) if can("jobs_moderate") else [],
        new_link=new_link,
    )


@permit(Permission.DIRECTORY_READ)
def listing_page(listing_id: int) -> str:
    with current.database().reading() as db:
        listing = db.get(Listing, listing_id) or abort(404)
        if listing.state != ListingState.PUBLISHED and not can("jobs_moderate"):
            abort(404)
        moderator = db.get(Operator, listing.moderated_by) if listing.moderated_by else None
        return render_template(
            "console/jobs/listing.html",
            listing=listing,
            row=_row(listing),
            moderator=moderator.name if moderator else "",
            preview=[
                (str(one), text, segments.count(text))
                for one in Form
                for text in [" ".join(told(listing, one))]
            ],
        )


@permit(Permission.JOBS_MODERATE)
def listing_decide(listing_id: int) -> Response:
    """Publishes, refuses or closes; what has signs of fraud is published only with a reason."""
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")
    with current.database().transaction() as db:
        listing = db.get(Listing, listing_id) or abort(404)
        moderator = db.get_one(Operator, g.operator.id)
        try:
            if decision == "publish":
                listings.publish(db, listing, moderator, reason)
                flash(_("Published. People are told of it from now on."))
            elif decision == "reject" and reason.strip():
                listings.reject(db, listing, moderator, reason)
                flash(_("Refused. Nobody is told of it."))
            elif decision == "close":
                listings.close(db, listing, moderator)
                flash(_("Closed."))
            else:
                flash(_("Say why you refuse it."))
        except listings.SignsOfFraud:
            flash(_("It has signs of fraud. Publish it only after checking, and write how you checked."))
    return redirect(url_for("console.listing_page", listing_id=listing_id))


def _row(listing: Listing) -> dict[str, object]:
    return {
        "id": listing.id,
        "trade": say(f"trade_{listing.trade}", form()),
        "employer": listing.employer_km if form() is Form.KHMER else listing.employer_latin,
        "place": place(listing, form()),
        "wage": wage(listing, form()),
        "closes": listing.closes_on,
        "training": listing.kind == "training",
        "state": words.state(listing.state),
        "signs": [words.sign(sign) for sign in listing.signs],
    }


def _asked(trade: str | None, province: str | None) -> str:
    parts = [say(f"trade_{trade}", form())] if trade else []
    parts += [provinces()[province].name(form())] if province else []
    return " · ".join(parts)
