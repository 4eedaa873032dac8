"""Telegram updates: text, buttons, edits, media, groups and blocks; and whatever else is posted."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot import inbox
from bot.database import Database
from bot.models import Channel, Message
from bot.settings import Settings
from web import create_app

CHAT = {"id": 700000001, "type": "private"}


@pytest.fixture
def client(settings: Settings, database: Database) -> FlaskClient:
    return create_app(settings, database).test_client()


@pytest.fixture
def secret(settings: Settings) -> str:
    return settings.telegram_webhook_secret


def post(client: FlaskClient, secret: str, body: Any) -> TestResponse:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    return client.post("/webhooks/telegram", json=body, headers=headers)


def message(**fields: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": 1_790_000_000, "chat": CHAT, **fields}


def stored(database: Database) -> list[Message]:
    with database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def test_a_text_is_stored(client: FlaskClient, secret: str, database: Database) -> None:
    assert post(client, secret, {"update_id": 1, "message": message(text="hello")}).status_code == 200
    (row,) = stored(database)
    assert (row.body, row.kind, row.provider_id) == ("hello", "text", "1")


@pytest.mark.parametrize("sent", ["nothing", "shortened", "lengthened", "altered"])
def test_a_wrong_or_missing_secret_is_refused(
    client: FlaskClient, secret: str, database: Database, sent: str
) -> None:
    update = {"update_id": 1, "message": message(text="hello")}
    # The secret is random: altering must change it whatever it is.
    altered = secret[:-1] + ("y" if secret.endswith("x") else "x")
    wrong = {"shortened": secret[:-1], "lengthened": secret + "x", "altered": altered}
    headers = {"X-Telegram-Bot-Api-Secret-Token": wrong[sent]} if sent in wrong else {}
    assert client.post("/webhooks/telegram", json=update, headers=headers).status_code == 403
    assert stored(database) == []


def test_a_repeated_update_is_stored_once(client: FlaskClient, secret: str, database: Database) -> None:
    for _ in range(5):
        post(client, secret, {"update_id": 1, "message": message(text="hello")})
    assert len(stored(database)) == 1


def test_a_pressed_button_is_stored_with_its_label_and_stops_spinning(
    client: FlaskClient, secret: str, database: Database
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Passport", "callback_data": "/doc_passport"}]]}
    query = {"id": "77", "data": "/doc_passport", "message": message(text="?", reply_markup=keyboard)}
    response = post(client, secret, {"update_id": 2, "callback_query": query})
    assert response.json == {"method": "answerCallbackQuery", "callback_query_id": "77"}
    (row,) = stored(database)
    assert (row.kind, row.body, row.options) == ("button", "Passport", [{"payload": "/doc_passport"}])


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("photo", [{"file_id": "x"}], "photo"),
        ("sticker", {"file_id": "x"}, "sticker"),
        ("voice", {"file_id": "x"}, "voice"),
        ("location", {"latitude": 1, "longitude": 2}, "location"),
        ("contact", {"phone_number": "1"}, "contact"),
        ("something_new", {"a": 1}, "file"),
    ],
)
def test_what_is_not_text_is_stored_by_its_kind_and_without_its_content(
    client: FlaskClient, secret: str, database: Database, field: str, value: Any, kind: str
) -> None:
    assert post(client, secret, {"update_id": 3, "message": message(**{field: value})}).status_code == 200
    (row,) = stored(database)
    assert (row.kind, row.body) == (kind, "")


def test_a_caption_is_read(client: FlaskClient, secret: str, database: Database) -> None:
    post(client, secret, {"update_id": 3, "message": message(photo=[{}], caption="please help")})
    assert stored(database)[0].body == "please help"


def test_an_edited_message_is_a_message_of_its_own(
    client: FlaskClient, secret: str, database: Database
) -> None:
    post(client, secret, {"update_id": 4, "edited_message": message(text="now", edit_date=1_790_000_009)})
    assert stored(database)[0].kind == "edited"


def test_groups_are_declined_and_nothing_of_them_is_stored(
    client: FlaskClient, secret: str, database: Database
) -> None:
    group = message(text="hi all", chat={"id": -5, "type": "group"})
    response = post(client, secret, {"update_id": 5, "message": group})
    assert response.json and response.json["method"] == "sendMessage"
    assert stored(database) == []


def test_being_blocked_is_noted_and_being_unblocked_too(
    client: FlaskClient, secret: str, database: Database
) -> None:
    post(client, secret, {"update_id": 6, "message": message(text="hi")})
    for number, (status, blocked) in enumerate([("kicked", True), ("member", False)], start=7):
        change = {"chat": CHAT, "new_chat_member": {"status": status}}
        assert post(client, secret, {"update_id": number, "my_chat_member": change}).status_code == 200
        with database.reading() as session:
            contact = inbox.find_contact(session, Channel.TELEGRAM, "700000001")
            assert contact and bool(contact.blocked_at) is blocked


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        None,
        {},
        {"update_id": "1"},
        {"update_id": True, "message": message(text="x")},
        {"update_id": 1, "message": {"text": "no chat"}},
        {"update_id": 1, "message": message()},
        {"update_id": 1, "message": message(text=5)},
        {"update_id": 1, "message": message(text="x", chat={"id": "1"})},
        {"update_id": 1, "callback_query": {"id": "1", "data": "x" * 65, "message": message()}},
        {"update_id": 1, "callback_query": {"id": "1"}},
    ],
)
def test_malformed_updates_are_a_400_and_leave_nothing(
    client: FlaskClient, secret: str, database: Database, body: Any
) -> None:
    response = post(client, secret, body)
    assert response.status_code == 400 and response.data == b""
    assert stored(database) == []


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"update_id": 1', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 20_000, b"1" * 5000]
)
def test_what_is_not_json_is_a_400(client: FlaskClient, secret: str, raw: bytes) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
    assert client.post("/webhooks/telegram", data=raw, headers=headers).status_code == 400


def test_a_megabyte_is_too_much(client: FlaskClient, secret: str) -> None:
    update = {"update_id": 1, "message": message(text="x" * 2_000_000)}
    assert post(client, secret, update).status_code == 413


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\u0000", "\u202edrow", "x" * 10_000])
def test_hostile_texts_are_stored(client: FlaskClient, secret: str, database: Database, text: str) -> None:
    assert post(client, secret, {"update_id": 9, "message": message(text=text)}).status_code == 200
    assert len(stored(database)) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll"]),
    content=st.dictionaries(
        st.sampled_from(["chat", "text", "data", "message", "id", "photo", "date", "new_chat_member"]), _JSON
    ),
    update_id=st.integers() | st.text(),
)
def test_no_update_whatsoever_is_a_server_error(
    client: FlaskClient, secret: str, kind: str, content: dict[str, Any], update_id: Any
) -> None:
    assert post(client, secret, {"update_id": update_id, kind: content}).status_code in (200, 400)
