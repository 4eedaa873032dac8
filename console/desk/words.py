"""The words desk: every sentence in three forms beside each other, corrected at once, marked as reviewed."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import current
from bot import word_edits
from bot.models import Form, Operator
from bot.permissions import Permission
from bot.segments import MOST_SEGMENTS
from bot.word_edits import Sentence
from bot.words import catalogue, placeholders
from console import labels, navigation
from console.access import permit
from console.desk import words_for
from console.language import N_
from console.language import gettext as _

VIEWS = ("all", "unreviewed", "changed", "long")
_LONG = 2


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/words", "words_page", words_page)
    console.add_url_rule("/words/<key>", "sentence_page", sentence_page)
    console.add_url_rule("/words/<key>", "change_words", change_words, methods=["POST"])
    navigation.add("console.words_page", N_("Words"), Permission.WORDS_EDIT, 62)


@permit(Permission.WORDS_EDIT)
def words_page() -> str:
    shown = request.args.get("show", "all")
    shown = shown if shown in VIEWS else "all"
    searched = request.args.get("q", "").strip()
    with current.database().reading() as db:
        everything = word_edits.sentences(db)
        counts = {view: sum(_belongs(sentence, view) for sentence in everything) for view in VIEWS}
        chosen = [s for s in everything if _belongs(s, shown) and _matches(s, searched)]
        return render_template(
            "console/desk/words.html",
            sentences=chosen,
            counts=counts,
            views=_views(),
            shown=shown,
            searched=searched,
            names=_names(db),
            form_names={form: labels.language(form) for form in Form},
        )


@permit(Permission.WORDS_EDIT)
def sentence_page(key: str) -> str:
    with current.database().reading() as db:
        return _page(db, key)


@permit(Permission.WORDS_EDIT)
def change_words(key: str) -> str | Response:
    """Keeps what was changed in the three forms, and which of them a native speaker found right."""
    written = {form: request.form.get(f"words.{form}", "").replace("\r\n", "\n") for form in Form}
    problems: dict[Form, list[str]] = {}
    changed = False
    try:
        with current.database().transaction() as db:
            _get(db, key)
            operator = db.get_one(Operator, g.operator.id)
            for form in Form:
                if f"words.{form}" not in request.form:
                    continue
                try:
                    changed = word_edits.change(db, operator, key, form, written[form]) is not None or changed
                    if request.form.get(f"reviewed.{form}") == "yes":
                        word_edits.review(db, operator, key, form)
                        changed = True
                except word_edits.WordsRefused as refused:
                    problems[form] = [words_for.words_problem(name) for name in refused.problems]
            if problems:
                raise word_edits.WordsRefused
    except word_edits.WordsRefused:
        with current.database().reading() as db:
            return _page(db, key, written, problems)
    flash(_("Kept. It is said like this from now on.") if changed else _("Nothing was changed."))
    return redirect(url_for("console.sentence_page", key=key))


def _page(
    db: Session,
    key: str,
    written: dict[Form, str] | None = None,
    problems: dict[Form, list[str]] | None = None,
) -> str:
    sentence = _get(db, key)
    written = written or {form: version.words for form, version in sentence.forms.items()}
    return render_template(
        "console/desk/sentence.html",
        sentence=sentence,
        written=written,
        shipped={form: catalogue(form).get(key, "") for form in Form},
        samples={form: word_edits.sample(key, words) for form, words in written.items()},
        problems=problems or {},
        placeholders=sorted(placeholders(catalogue(Form.ENGLISH)[key])),
        history=word_edits.history(db, key),
        names=_names(db),
        form_names={form: labels.language(form) for form in Form},
        most=MOST_SEGMENTS,
        words_for=words_for,
    )


def _get(db: Session, key: str) -> Sentence:
    found = next((sentence for sentence in word_edits.sentences(db) if sentence.key == key), None)
    if found is None:
        abort(404)
    return found


def _views() -> dict[str, str]:
    return {
        "all": _("All"),
        "unreviewed": _("Not reviewed"),
        "changed": _("Changed here"),
        "long": _("Long"),
    }


def _belongs(sentence: Sentence, view: str) -> bool:
    match view:
        case "unreviewed":
            return any(not version.reviewed for version in sentence.forms.values())
        case "changed":
            return any(version.changed for version in sentence.forms.values())
        case "long":
            return any(version.segments >= _LONG for version in sentence.forms.values())
    return True


def _matches(sentence: Sentence, searched: str) -> bool:
    words = " ".join(version.words for version in sentence.forms.values())
    text = f"{sentence.key} {sentence.remark} {words}".casefold()
    return all(word in text for word in searched.casefold().split())


def _names(db: Session) -> dict[int | None, str]:
    names: dict[int | None, str] = {operator.id: operator.name for operator in db.scalars(select(Operator))}
    return {None: _("a command"), **names}
