"""Learning: those who may read a message check what is left of it, managers give it its right intent."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import current
from bot.learning import examples
from bot.learning.redact import PLACEHOLDERS
from bot.models import Operator
from bot.permissions import Permission
from console import labels, meanings, navigation
from console.access import permit
from console.desk import words_for
from console.language import N_
from console.language import gettext as _


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/learning/check", "to_check_page", to_check_page)
    console.add_url_rule("/learning/check/<int:message_id>", "check_message", check_message, methods=["POST"])
    console.add_url_rule("/learning", "learning_page", learning_page)
    console.add_url_rule("/learning/<int:example_id>", "label_example", label_example, methods=["POST"])
    navigation.add("console.to_check_page", N_("Not understood"), Permission.CONVERSATION_ANSWER, 40)
    navigation.add("console.learning_page", N_("Learning"), Permission.LEARNING_REVIEW, 64)


@permit(Permission.CONVERSATION_ANSWER)
def to_check_page() -> str:
    with current.database().reading() as db:
        return render_template(
            "console/desk/to_check.html",
            candidates=examples.candidates(db, g.operator),
            placeholders=PLACEHOLDERS,
            labels=labels,
            meanings=meanings,
            words_for=words_for,
        )


@permit(Permission.CONVERSATION_ANSWER)
def check_message(message_id: int) -> Response:
    """Releases what is left of a message, or throws it away."""
    try:
        with current.database().transaction() as db:
            operator = db.get_one(Operator, g.operator.id)
            if request.form.get("do") == "dismiss":
                examples.dismiss_candidate(db, operator, message_id)
            elif request.form.get("checked") != "yes":
                raise examples.NotLearnable("not_checked")
            else:
                examples.release(db, operator, message_id, request.form.get("text", ""))
    except examples.NotLearnable as problem:
        flash(words_for.learning_problem(problem.problems[0]))
    else:
        flash(_("Done."))
    return redirect(url_for("console.to_check_page"))


@permit(Permission.LEARNING_REVIEW)
def learning_page() -> str:
    with current.database().reading() as db:
        return render_template(
            "console/desk/learning.html",
            waiting=examples.released(db),
            labelled=examples.labelled(db),
            groups=meanings.groups(),
            labels=labels,
            words_for=words_for,
        )


@permit(Permission.LEARNING_REVIEW)
def label_example(example_id: int) -> Response:
    """Gives an example its intent, or throws it away."""
    form = request.form
    try:
        with current.database().transaction() as db:
            manager = db.get_one(Operator, g.operator.id)
            if form.get("do") == "dismiss":
                examples.dismiss(db, manager, example_id)
            else:
                examples.label(db, manager, example_id, form.get("intent", ""), form.get("text", ""))
    except examples.NotLearnable as problem:
        flash(words_for.learning_problem(problem.problems[0]))
    else:
        flash(_("Done."))
    return redirect(url_for("console.learning_page"))
