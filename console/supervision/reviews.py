"""The review of closed conversations: drawing a sample, reading, rating."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

import current
from bot import audit, reviews
from bot.models import Conversation, Message, Operator, QualityReview
from bot.permissions import Permission
from console import access, labels
from console.access import permit
from console.language import gettext as _

_MOST_SHOWN = 200
_LONGEST_COMMENT = 2_000


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/supervision/reviews", "reviews", reviews_page)
    console.add_url_rule("/supervision/reviews", "draw_reviews", draw, methods=["POST"])
    address = "/supervision/reviews/<int:review_id>"
    console.add_url_rule(address, "review", review_page)
    console.add_url_rule(address, "rate_review", rate, methods=["POST"])


@permit(Permission.SUPERVISE)
def reviews_page() -> str:
    with current.database().reading() as db:
        query = (
            select(QualityReview, Conversation, Operator)
            .join(Conversation, Conversation.id == QualityReview.conversation_id)
            .outerjoin(Operator, Operator.id == QualityReview.reviewer_id)
            .order_by(QualityReview.reviewed_at.is_not(None), QualityReview.id.desc())
            .limit(_MOST_SHOWN)
        )
        return render_template(
            "console/supervision/reviews.html",
            rows=[tuple(row) for row in db.execute(query)],
            averages=reviews.averages(db),
            ratings=_ratings(),
            labels=labels,
            most=reviews.MOST_DRAWN,
        )


@permit(Permission.SUPERVISE)
def draw() -> Response:
    number = request.form.get("number", 5, type=int)
    with current.database().transaction() as db:
        drawn = reviews.draw(db, db.get_one(Operator, g.operator.id), max(1, number))
    if drawn:
        flash(_("Conversations drawn: %d.") % drawn)
    else:
        flash(_("No conversation was closed in the last week that isn't in the sample already."))
    return redirect(url_for("console.reviews"))


@permit(Permission.SUPERVISE)
def review_page(review_id: int) -> str:
    with current.database().transaction() as db:
        review = db.get(QualityReview, review_id)
        if review is None:
            abort(404)
        conversation = access.conversation(db, review.conversation_id)
        subject = f"conversation:{conversation.id}"
        audit.record(db, db.get_one(Operator, g.operator.id), "read", subject, "review")
        messages = select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
        people = reviews.answered_by(db, conversation.id)
        return render_template(
            "console/supervision/review.html",
            review=review,
            conversation=conversation,
            messages=list(db.scalars(messages)),
            names={one.id: one.name for one in people},
            answered_by=people,
            is_own=g.operator.id in {one.id for one in people},
            ratings=_ratings(),
            highest=reviews.HIGHEST,
            labels=labels,
        )


@permit(Permission.SUPERVISE)
def rate(review_id: int) -> Response:
    with current.database().transaction() as db:
        review = db.get(QualityReview, review_id)
        if review is None:
            abort(404)
        access.conversation(db, review.conversation_id)
        values = {name: request.form.get(name, type=int) for name in reviews.RATINGS}
        comment = request.form.get("comment", "").strip()[:_LONGEST_COMMENT]
        try:
            ratings = reviews.Ratings(**values, comment=comment)
            reviews.rate(db, db.get_one(Operator, g.operator.id), review, ratings)
        except ValueError:
            abort(400)
        except reviews.OwnWork:
            flash(_("You answered this conversation yourself. Somebody else has to review it."))
            return redirect(url_for("console.reviews"))
    flash(_("Kept."))
    return redirect(url_for("console.reviews"))


def _ratings() -> list[tuple[str, str]]:
    words = {
        "safety": _("Safety: asked whether it is safe to text, never made it less safe"),
        "warmth": _("Warmth: listened, believed, didn't blame"),
        "facts": _("Facts: what was said was right and had a source"),
        "next_step": _("Next step: the person knows what comes next and from whom"),
    }
    return [(name, words[name]) for name in reviews.RATINGS]
