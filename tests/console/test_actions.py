"""The trail in plain words: whatever the code writes into it has words for an auditor."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flask import Flask

from bot.models import Role
from bot.settings import ROOT
from console import actions
from tests.console.conftest import Desk

_FOLDERS = ("bot", "console", "partners", "webhooks")


def written() -> Iterator[str]:
    """The literal actions that any module records."""
    for folder in _FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    action = node.args[2] if len(node.args) > 2 else None
                    if isinstance(action, ast.Constant):
                        yield str(action.value)


def test_every_action_has_words(app: Flask) -> None:
    found = set(written())
    assert len(found) > 60
    with app.test_request_context():
        assert {action for action in found if action not in actions.WORDS} == set()


def test_an_auditor_reads_words_in_their_language(app: Flask, desk: Desk) -> None:
    auditor = Desk(app, desk.database, "watcher", Role.AUDITOR).sign_in()
    assert "<td>signed in</td>" in auditor.get("/trail?what=sign_in").text
    auditor.post("/language", "/trail", language="km", back="/console")
    assert "<td>បានចូល</td>" in auditor.get("/trail?what=sign_in").text
