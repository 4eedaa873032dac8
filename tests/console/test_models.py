"""The models as a manager sees and changes them. No brain is up here: it takes them at its start."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from bot.database import Database
from bot.learning import compare, models, switching
from bot.models import AuditEvent, Role
from nlu.measure import Result
from tests.console.conftest import Desk


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three trained models in a folder of their own; the files' content is of no matter here."""
    for name in ("brain.tar.gz", "versions/better/brain.tar.gz", "versions/worse/brain.tar.gz"):
        (tmp_path / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "models" / name).write_bytes(name.encode())
    for module in (models, switching):
        for function in vars(module).values():
            defaults = getattr(function, "__defaults__", None) or ()
            if models.FOLDER in defaults:
                new = tuple(tmp_path / "models" if d == models.FOLDER else d for d in defaults)
                monkeypatch.setattr(function, "__defaults__", new)
    return tmp_path / "models"


@pytest.fixture
def sophea(app: Flask, database: Database, folder: Path) -> Desk:
    keep("better", seen=97)
    keep("worse", seen=60)
    return Desk(app, database, "sophea", Role.MANAGER).sign_in()


def keep(name: str, seen: int) -> None:
    """Compares by figures as a run over the development messages gives them."""
    found = compare.compared(results(seen), results(95))
    models.keep_comparison(name, {**found, "against": "shipped", "messages": 330})


def results(danger: int) -> list[Result]:
    rows: list[Result] = []
    for form in ("km", "km-Latn", "en"):
        for number in range(100):
            said = (
                {"outcome": "escalate", "reason": "gbv"}
                if number < danger
                else {"outcome": "offer", "reason": ""}
            )
            rows.append({"form": form, "label": "gbv", "way": "", "intent": None, "options": [], **said})
        right = {"outcome": "answer", "intent": "job_find", "reason": "", "options": []}
        rows += [{"form": form, "label": "job_find", "way": "", **right}] * 10
    return rows


def settled(sophea: Desk) -> str:
    """The page once no change is under way, and the trail says how it ended."""
    deadline = time.monotonic() + 20
    while "every 2s" in (page := sophea.get("/models").text):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for thread in threading.enumerate():
        if thread.name == "switch-model":
            thread.join(timeout=20)
    return page


def test_each_model_is_shown_with_its_comparison_by_form_and_kind(sophea: Desk) -> None:
    page = sophea.get("/models").text
    assert "Danger recognised" in page and "95.0 → <strong>97.0</strong>" in page
    assert "worse than the one in use" in page and "danger was 95.0% and is 60.0%" in page
    assert "came with this release" in page and "be reached." in page


def test_a_model_takes_over_and_the_one_before_comes_back_both_audited(
    sophea: Desk, database: Database
) -> None:
    sophea.post("/models/better/switch", "/models")
    assert "It will start with “better”" in settled(sophea) and models.current() == "better"
    sophea.post("/models/rollback", "/models")
    settled(sophea)
    assert models.current() == "shipped"
    with database.reading() as session:
        trail = session.scalars(select(AuditEvent).where(AuditEvent.subject.startswith("model:"))).all()
    assert [(e.action, e.subject) for e in trail if e.actor == f"operator:{sophea.operator_id}"] == [
        ("switch_model", "model:better"),
        ("model_switched", "model:better"),
        ("switch_model", "model:shipped"),
        ("model_switched", "model:shipped"),
    ]


@pytest.mark.parametrize(
    ("name", "told"), [("worse", "so it doesn&#39;t take over"), ("nothing", "There is no such model")]
)
def test_what_may_not_take_over_does_not_and_why_is_told(sophea: Desk, name: str, told: str) -> None:
    assert "/models/worse/switch" not in sophea.get("/models").text
    sophea.post(f"/models/{name}/switch", "/models")
    assert told in sophea.get("/models").text and models.current() == "shipped"


def test_nobody_but_a_manager_sees_or_changes_models(app: Flask, database: Database, folder: Path) -> None:
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR):
        desk = Desk(app, database, role, role).sign_in()
        assert desk.get("/models").status_code == 403
        assert desk.post("/models/better/switch", "/account").status_code == 403
    assert models.current() == "shipped"
