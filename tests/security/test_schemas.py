"""Fuzzing by schema: what is posted has the right shape, all but one part of it.

Telegram's updates come from a schema of them; the console's forms are their own schema: every form that
any role is shown is read from its page, and posted with what its fields ask for or with anything else.
`make hostile` runs the same with a hundred times the examples.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.database import Database
from bot.models import Message, Role
from bot.settings import Settings, load_settings
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules, path_of
from tests.security.test_hostile import khmer, odd, words
from web import create_app

SECRET = "telegram-secret-0123456789"
some = examples(
    max_examples=max(10, examples().max_examples // 5),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)

# What we read of an update, as Telegram's documentation has it.
_USER = {
    "type": "object",
    "required": ["id", "is_bot", "first_name"],
    "properties": {
        "id": {"type": "integer", "minimum": 1, "maximum": 2**52},
        "is_bot": {"type": "boolean"},
        "first_name": {"type": "string", "maxLength": 64},
        "language_code": {"enum": ["km", "en", "th"]},
    },
}
_CHAT = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {
        "id": {"type": "integer", "minimum": 1, "maximum": 2**52},
        "type": {"enum": ["private"]},
    },
}
_MESSAGE = {
    "type": "object",
    "required": ["message_id", "date", "chat", "from", "text"],
    "properties": {
        "message_id": {"type": "integer", "minimum": 1, "maximum": 2**31},
        "date": {"type": "integer", "minimum": 1_700_000_000, "maximum": 2_000_000_000},
        "chat": _CHAT,
        "from": _USER,
        "text": {"type": "string", "minLength": 1, "maxLength": 4096},
    },
}
UPDATE = {
    "type": "object",
    "required": ["update_id", "message"],
    "properties": {
        "update_id": {"type": "integer", "minimum": 1, "maximum": 2**31},
        "message": _MESSAGE,
    },
}


def from_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What is valid by `schema`, of the few kinds used here."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            parts = {name: from_schema(part) for name, part in schema["properties"].items()}
            needed = {name: parts.pop(name) for name in schema["required"]}
            return st.fixed_dictionaries(needed, optional=parts)
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "boolean":
            return st.booleans()
        case _:
            text = st.one_of(khmer, st.text(max_size=200)).map(lambda t: t.encode("utf-8", "ignore").decode())
            return text.filter(lambda t: len(t) >= schema.get("minLength", 0)).map(
                lambda t: t[: schema["maxLength"]]
            )


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every part of an object."""
    found = [path] if path else []
    if isinstance(value, dict):
        for name, part in value.items():
            found += places(part, (*path, name))
    return found


wrong = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.just([]), st.just({}), st.just("x" * 5000), odd
)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def settings(environment: dict[str, str], database_url: str) -> Settings:
    return load_settings({**environment, "DATABASE_URL": database_url, "TELEGRAM_WEBHOOK_SECRET": SECRET})


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return create_app(settings, database)


def post_update(client: FlaskClient, update: object) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    body = json.dumps(update)
    return client.post(
        "/webhooks/telegram", data=body, content_type="application/json", headers=headers
    ).status_code


@some
@given(update=from_schema(UPDATE))
def test_every_update_of_the_right_shape_is_stored(app: Flask, database: Database, update: Any) -> None:
    jsonschema.validate(update, UPDATE)
    query = select(func.count(Message.id)).where(Message.provider_id.contains(str(update["update_id"])))
    assert post_update(app.test_client(), update) == 200
    with database.reading() as session:
        assert session.scalar(query)


@some
@given(update=from_schema(UPDATE), data=st.data())
def test_an_update_with_one_wrong_part_is_taken_or_refused_and_never_fails(
    app: Flask, update: Any, data: st.DataObject
) -> None:
    broken = copy.deepcopy(update)
    *way, last = data.draw(st.sampled_from(places(update)))
    inner = broken
    for name in way:
        inner = inner[name]
    if data.draw(st.booleans()):
        del inner[last]
    else:
        inner[last] = data.draw(wrong)
    assert post_update(app.test_client(), broken) in (200, 400)


@dataclass
class Form:
    """A form of a page: where it goes, and what each field may hold."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page that are posted."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            action = given.get("action") or given.get("hx-post") or self._page
            posted = given.get("method", "").lower() == "post" or "hx-post" in given
            self._form = Form(action) if posted else None
            if self._form:
                self.found.append(self._form)
        elif self._form and tag in ("input", "textarea", "select", "button") and given.get("name"):
            name = given["name"]
            self._select = name if tag == "select" else ""
            self._form.kinds[name] = given.get("type", tag)
            self._form.fields.setdefault(name, [])
            if "value" in given:
                self._form.fields[name].append(given["value"])
        elif self._form and tag == "option" and self._select:
            self._form.fields[self._select].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


_ENDS_SESSIONS = ("/sign-out", "/lock", "/password", "/second-factor", "/unlock", "/sign-in", "/prove")


def forms_of(app: Flask, desk: Desk, conversation_id: int) -> Iterator[Form]:
    """Every form on every page that the desk's role is shown."""
    for rule in console_rules(app):
        if "GET" not in (rule.methods or ()) or "event" in rule.endpoint or "static" in rule.endpoint:
            continue
        path = path_of(app, rule, conversation_id=conversation_id)
        answer = desk.client.get(path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            page = Forms(path)
            page.feed(answer.text)
            yield from (form for form in page.found if not form.action.endswith(_ENDS_SESSIONS))


def a_value(form: Form, name: str) -> st.SearchStrategy[str]:
    """What the field asks for, or anything."""
    likely: list[st.SearchStrategy[str]] = [words.map(lambda text: text.encode("utf-8", "ignore").decode())]
    if form.fields[name]:
        likely.append(st.sampled_from(form.fields[name]))
    if form.kinds[name] in ("number", "hidden"):
        likely.append(st.integers().map(str))
    if form.kinds[name].startswith(("date", "time")):
        likely += [st.dates().map(str), st.datetimes().map(lambda at: at.isoformat()[:16])]
    return st.one_of(likely)


@pytest.mark.parametrize("role", list(Role))
def test_no_form_of_the_console_fails_on_what_its_fields_may_hold_or_may_not(
    app: Flask, database: Database, role: Role
) -> None:
    waiting = new_waiting(database, "please help me")
    desk = Desk(app, database, role, role).sign_in()
    if role in (Role.OPERATOR, Role.SUPERVISOR):
        desk.post(f"/conversations/{waiting}/claim", "/account")
    forms = {f"{form.action} {sorted(form.fields)}": form for form in forms_of(app, desk, waiting)}
    assert len(forms) >= 3
    token = desk.token("/account")

    @some
    @given(data=st.data())
    def post(data: st.DataObject) -> None:
        form = data.draw(st.sampled_from(list(forms.values())))
        fields = {name: data.draw(a_value(form, name)) for name in form.fields if name != "csrf_token"}
        answer = desk.client.post(form.action, data={**fields, "csrf_token": token})
        assert answer.status_code < 500, (form.action, fields)

    post()
