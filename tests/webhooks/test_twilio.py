"""SMS in: honest posts are stored, however odd; forged ones are refused and leave nothing."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bot.database import Database
from bot.models import Delivery, Message
from bot.settings import Settings, load_settings
from web import create_app

PUBLIC_URL = "https://helpline.example"
TOKENS = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")
ACCOUNT = "AC" + "0" * 32
FIELDS = {"MessageSid": "SM1", "AccountSid": ACCOUNT, "From": "+85510000001", "To": "1294", "Body": "hello"}


@pytest.fixture
def settings(environment: dict[str, str], database_url: str) -> Settings:
    return load_settings(
        {
            **environment,
            "DATABASE_URL": database_url,
            "PUBLIC_URL": PUBLIC_URL,
            "TWILIO_AUTH_TOKEN": ",".join(TOKENS),
            "TWILIO_ACCOUNT_SID": ACCOUNT,
        }
    )


@pytest.fixture
def client(settings: Settings, database: Database) -> FlaskClient:
    return create_app(settings, database).test_client()


def post(
    client: FlaskClient,
    fields: dict[str, str],
    path: str = "/webhooks/twilio/sms",
    token: str = TOKENS[0],
    url: str = PUBLIC_URL,
    **changes: str,
) -> TestResponse:
    """Signs `fields` for `url`, then posts them with `changes`, as behind a TLS proxy."""
    signature = RequestValidator(token).compute_signature(url + path, fields)
    return client.post(
        path,
        data=urlencode({**fields, **changes}, errors="surrogatepass"),
        headers={"X-Twilio-Signature": signature},
        content_type="application/x-www-form-urlencoded",
        base_url="http://internal:8000",
    )


def stored(database: Database) -> list[Message]:
    with database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def test_a_signed_post_is_stored_before_it_is_acknowledged(client: FlaskClient, database: Database) -> None:
    response = post(client, FIELDS)
    assert response.status_code == 200
    assert response.mimetype == "text/xml" and b"<Message>" not in response.data
    assert [m.body for m in stored(database)] == ["hello"]


@pytest.mark.parametrize("token", TOKENS)
def test_either_token_holds_while_rotating(client: FlaskClient, token: str) -> None:
    assert post(client, FIELDS, token=token).status_code == 200


@pytest.mark.parametrize(
    "body",
    ["ខ្ញុំ\u200bចង់", "  spaces kept  ", "😀👩‍👧", "", "a\nb", "/restart", "%s{0}{{7*7}}", "ก ข ค", "x" * 1600],
)
def test_odd_but_honest_bodies_are_accepted(client: FlaskClient, body: str) -> None:
    assert post(client, {**FIELDS, "Body": body}).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": "0b6f6f66-8a0e-4a0e-9f30-2a5a6b0f2f11", "From": "85510000001", "Body": "hi"},
        {"MessageSid": "0b6f6f66-8a0e-4a0e-9f30-2a5a6b0f2f12", "From": "2442", "To": "1294", "Body": "hi"},
        {"SmsSid": "SM77", "From": "+85510000001", "Body": "hi"},
        {"MessageSid": "SM78", "From": "+85510000001"},
    ],
)
def test_somleng_posts_with_uuids_short_codes_and_missing_parameters_are_accepted(
    client: FlaskClient, database: Database, fields: dict[str, str]
) -> None:
    assert post(client, fields).status_code == 200
    assert len(stored(database)) == 1


def test_fifty_repeats_are_one_message(client: FlaskClient, database: Database) -> None:
    assert {post(client, FIELDS).status_code for _ in range(50)} == {200}
    assert len(stored(database)) == 1


def test_forged_posts_are_refused_and_leave_nothing(client: FlaskClient, database: Database) -> None:
    forged = [
        post(client, FIELDS, token="f" * 32),
        post(client, FIELDS, Body="changed"),
        post(client, FIELDS, Added="1"),
        post(client, FIELDS, url="http://helpline.example"),
        post(client, FIELDS, url="https://other.example"),
        post(client, FIELDS, url="https://helpline.example:8443"),
        post(client, {**FIELDS, "AccountSid": "AC" + "1" * 32}),
        client.post("/webhooks/twilio/sms", data=FIELDS),
        client.post("/webhooks/twilio/sms", data=FIELDS, headers={"X-Twilio-Signature": ""}),
        client.post("/webhooks/twilio/sms", data=FIELDS, headers={"X-Twilio-Signature": "\xe1\x9e\x81"}),
        client.post("/webhooks/twilio/sms", data=b"Body=%ff%fe", headers={"X-Twilio-Signature": "x"}),
        client.post("/webhooks/twilio/status", data={"MessageSid": "SM1", "MessageStatus": "sent"}),
    ]
    assert [response.status_code for response in forged] == [403] * len(forged)
    assert all(response.data == b"" for response in forged)
    assert stored(database) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "+85510000001", "Body": "no id"},
        {"MessageSid": "SM1", "Body": "no sender"},
        {"MessageSid": "S" * 65, "From": "+85510000001", "Body": "too long"},
        {"MessageSid": "SM1", "From": "+" + "1" * 60, "Body": "too long"},
        {},
    ],
)
def test_what_cannot_be_a_message_is_a_400_and_leaves_nothing(
    client: FlaskClient, database: Database, fields: dict[str, str]
) -> None:
    response = post(client, fields)
    assert response.status_code == 400 and response.data == b""
    assert stored(database) == []


def test_a_picture_message_is_stored_as_one_and_nothing_is_fetched(
    client: FlaskClient, database: Database
) -> None:
    fields = {**FIELDS, "NumMedia": "1", "MediaUrl0": "http://10.0.0.1/internal", "Body": ""}
    assert post(client, fields).status_code == 200
    assert stored(database)[0].kind == "photo"


def test_a_receipt_for_nothing_of_ours_changes_nothing(client: FlaskClient, database: Database) -> None:
    fields = {"MessageSid": "SM404", "MessageStatus": "delivered"}
    assert post(client, fields, "/webhooks/twilio/status?message=99").status_code == 200
    assert stored(database) == []


def test_a_receipt_is_matched_by_the_number_in_its_address(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        message = Message(direction="out", channel="sms", author="bot", body="x", state="sending", position=1)
        session.add(message)
        session.flush()
        path = f"/webhooks/twilio/status?message={message.id}"
    assert post(client, {"MessageSid": "SM9", "MessageStatus": "delivered"}, path).status_code == 200
    assert stored(database)[0].state == Delivery.DELIVERED


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.dictionaries(
        st.sampled_from(["MessageSid", "From", "Body", "NumMedia", "To", "SmsStatus"]),
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=60),
    )
)
def test_no_signed_post_whatsoever_is_a_server_error(client: FlaskClient, fields: dict[str, str]) -> None:
    assert post(client, fields).status_code in (200, 400)


@pytest.mark.parametrize("field", ["MessageSid", "From", "To", "Body", "NumMedia"])
def test_a_character_no_database_keeps_is_no_server_error(client: FlaskClient, field: str) -> None:
    assert post(client, {**FIELDS, field: "\x00"}).status_code in (200, 400)
    assert post(client, {**FIELDS, field: FIELDS.get(field, "") + "\x00"}).status_code == 200


def test_when_nothing_can_be_stored_nothing_is_acknowledged(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        cascade = "" if database.is_sqlite else " CASCADE"
        session.execute(text(f"DROP TABLE message{cascade}"))
    assert post(client, FIELDS).status_code == 503


def test_messages_are_counted_only_for_monitoring_on_the_private_network(client: FlaskClient) -> None:
    post(client, FIELDS)
    inside = client.get("/metrics")
    assert b'phlov_messages_waiting{direction="in",state="received"} 1.0' in inside.data
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404


def test_one_row_is_all_that_a_webhook_makes_besides_the_contact(
    client: FlaskClient, database: Database
) -> None:
    post(client, FIELDS)
    with database.reading() as session:
        assert session.scalar(select(func.count(Message.id))) == 1
