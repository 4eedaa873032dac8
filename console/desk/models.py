"""The brain's models: how each compares, which one serves, switching and rolling back."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

import current
from bot import audit
from bot.database import Database
from bot.learning import compare, models, switching
from bot.learning.models import Model, ModelRefused
from bot.learning.switching import Change, UnderWay
from bot.models import Operator
from bot.permissions import Permission
from bot.settings import Settings
from console import navigation
from console.access import permit
from console.desk import words_for
from console.language import N_

log = structlog.get_logger()

FORMS = ("km", "km-Latn", "en")


@dataclass(frozen=True)
class Row:
    """One measure of a comparison: before and after in each form, in percent; None where none was tried."""

    words: str
    cells: tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True)
class Card:
    """One model on the page."""

    model: Model
    rows: list[Row]
    may_switch: bool


def add_routes(console: Blueprint) -> None:
    console.add_url_rule("/models", "models_page", models_page)
    console.add_url_rule("/models/state", "models_state", models_state)
    console.add_url_rule("/models/<name>/switch", "switch_model", switch_model, methods=["POST"])
    console.add_url_rule("/models/rollback", "roll_back_model", roll_back_model, methods=["POST"])
    navigation.add("console.models_page", N_("Models"), Permission.MODEL_SWITCH, 65)


@permit(Permission.MODEL_SWITCH)
def models_page() -> str:
    return render_template("console/desk/models.html", **_state())


@permit(Permission.MODEL_SWITCH)
def models_state() -> str:
    """What serves now, and the models: asked for again while a change is under way."""
    return render_template("console/desk/_models.html", **_state())


@permit(Permission.MODEL_SWITCH)
def switch_model(name: str) -> Response:
    return _change(name, despite=False)


@permit(Permission.MODEL_SWITCH)
def roll_back_model() -> Response:
    try:
        before = switching.one_before()
    except ModelRefused as refused:
        flash(words_for.model_problem(refused.problem))
        return redirect(url_for("console.models_page"))
    return _change(before, despite=True)


def _change(name: str, despite: bool) -> Response:
    """Begins the change; a thread waits for the brain, since loading takes longer than a page may."""
    try:
        change = switching.begin(name, despite)
    except ModelRefused as refused:
        flash(words_for.model_problem(refused.problem))
        return redirect(url_for("console.models_page"))
    with current.database().transaction() as db:
        operator = db.get_one(Operator, g.operator.id)
        audit.record(db, operator, "switch_model", f"model:{name}", f"from {change.switch.before}")
    work = (change, current.settings(), current.database(), g.operator.id)
    threading.Thread(target=_finish, args=work, name="switch-model").start()
    return redirect(url_for("console.models_page"))


def _finish(change: UnderWay, settings: Settings, database: Database, operator_id: int) -> None:
    try:
        became: str = change.finish(settings).state
    except ModelRefused as refused:
        became = refused.problem
        log.warning("model_not_taken", model=change.switch.name)
    with database.transaction() as db:
        operator = db.get_one(Operator, operator_id)
        audit.record(db, operator, "model_switched", f"model:{change.switch.name}", became)


def _state() -> dict[str, Any]:
    found = models.models()
    newest = switching.newest()
    under_way = newest is not None and newest.state == Change.UNDER_WAY
    try:
        before = None if under_way else switching.one_before()
    except ModelRefused:
        before = None
    return {
        "cards": [_card(model, under_way) for model in reversed(found)],
        "wanted": models.current(),
        "served": switching.served(current.settings()),
        "newest": newest,
        "newest_words": words_for.model_change(newest) if newest else "",
        "under_way": under_way,
        "before": before if any(model.name == before for model in found) else None,
        "forms": FORMS,
        "words_for": words_for,
    }


def _card(model: Model, under_way: bool) -> Card:
    fit = model.name == models.SHIPPED or (model.comparison is not None and not model.comparison["problems"])
    rows = _rows(model.comparison["figures"]) if model.comparison else []
    return Card(model, rows, may_switch=fit and not model.is_current and not under_way)


def _rows(figures: list[dict[str, Any]]) -> list[Row]:
    cells = {
        (one["kind"], one["measure"], one["form"]): (100 * one["before"], 100 * one["after"])
        for one in figures
    }
    return [
        Row(
            words_for.measure(kind.strip(), measure),
            tuple(cells.get((kind.strip(), measure, form)) for form in FORMS),
        )
        for kind, measure in compare.MEASURES
    ]
