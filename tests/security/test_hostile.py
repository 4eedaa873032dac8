"""Whatever is thrown at the edges: no failure, no trace of a forged post, no slow pattern, no markup.

`make hostile` runs the same with a hundred times the examples.
"""

from __future__ import annotations

import json
import re
import string
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from bot import picks, safety, unsafe_words
from bot.brain import RasaBrain
from bot.database import Database
from bot.decide import Incoming, Situation, decide
from bot.models import Form, Message
from bot.settings import Settings, load_settings
from nlu.khmer import clean, normalise
from nlu.khmer.form import detect
from web import create_app

TOKEN, SECRET = "0123456789abcdef0123456789abcdef", "telegram-secret-0123456789"
PUBLIC_URL = "https://helpline.example"
# A quarter of the profile's number: 25 usually, thousands in `make hostile`.
reuse = examples(
    max_examples=examples().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)

khmer = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=60)
odd = st.text("\u200b\u200c\u200d\u202e\u2066\ufeff\u0300\u17d2\u0000\n\t\ud800", max_size=30)
markup = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%(x)s",
        "{0.__class__}",
        "'; DROP TABLE message;--",
        "=1+1",
        "/restart",
        "/gbv",
        "／gbv",
        '"><img src=x onerror=alert(1)>',
        "\\x00",
        "../../etc/passwd",
        "%n%n",
        "$(id)",
    ]
)
words = st.one_of(
    st.text(max_size=300),
    khmer,
    odd,
    markup,
    st.lists(st.one_of(khmer, odd, markup, st.text(max_size=20))).map("".join),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), khmer),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "text",
                    "caption",
                    "chat",
                    "id",
                    "type",
                    "date",
                    "message_id",
                    "data",
                    "message",
                    "from",
                    "photo",
                    "new_chat_member",
                    "status",
                    "reply_markup",
                    "inline_keyboard",
                    "entities",
                    "x",
                ]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """The edges don't depend on the kind of database."""
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def settings(environment: dict[str, str], database_url: str) -> Settings:
    return load_settings(
        {
            **environment,
            "DATABASE_URL": database_url,
            "PUBLIC_URL": PUBLIC_URL,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
    )


@pytest.fixture
def client(settings: Settings, database: Database) -> FlaskClient:
    return create_app(settings, database).test_client()


def stored(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(Message.id))) or 0


@reuse
@given(
    fields=st.dictionaries(
        st.one_of(
            st.sampled_from(
                [
                    "MessageSid",
                    "SmsSid",
                    "From",
                    "To",
                    "Body",
                    "NumMedia",
                    "AccountSid",
                    "MessageStatus",
                    "ErrorCode",
                    "SmsStatus",
                ]
            ),
            st.text(string.ascii_letters, min_size=1, max_size=8),
        ),
        words,
        max_size=8,
    ),
    path=st.sampled_from(
        ["/webhooks/twilio/sms", "/webhooks/twilio/status", "/webhooks/twilio/status?message=9"]
    ),
)
@example(fields={"MessageSid": "SM1", "From": "+855", "Body": "\ud800"}, path="/webhooks/twilio/sms")
def test_a_signed_post_of_anything_is_taken_or_refused_and_never_fails(
    client: FlaskClient, fields: dict[str, str], path: str
) -> None:
    fields = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, fields)
    answer = client.post(
        path,
        data=urlencode(fields),
        headers={"X-Twilio-Signature": signature},
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code in (200, 400, 403)


@reuse
@given(
    body=st.binary(max_size=400),
    kind=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
            "",
            "text/xml; charset=\xff",
        ]
    ),
    signature=st.text(string.printable.strip(), max_size=40),
)
def test_a_forged_post_is_refused_and_leaves_nothing(
    client: FlaskClient, database: Database, body: bytes, kind: str, signature: str
) -> None:
    for path in ("/webhooks/twilio/sms", "/webhooks/twilio/status", "/webhooks/telegram"):
        headers = {"X-Twilio-Signature": signature, "X-Telegram-Bot-Api-Secret-Token": signature}
        assert client.post(path, data=body, content_type=kind, headers=headers).status_code == 403
    assert stored(database) == 0


@reuse
@given(
    update=st.one_of(
        anything,
        st.fixed_dictionaries(
            {"update_id": st.integers()},
            optional=dict.fromkeys(
                ("message", "edited_message", "callback_query", "my_chat_member", "poll"), anything
            ),
        ),
    )
)
def test_any_telegram_update_is_taken_or_refused_and_never_fails(client: FlaskClient, update: Any) -> None:
    answer = client.post(
        "/webhooks/telegram",
        data=json.dumps(update),
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
    )
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"update_id": ' + b"9" * 5_000 + b"}",
        b'{"update_id": 1e999}',
        b"\xff\xfe{}",
        b"{}" * 10,
        b'{"update_id": NaN}',
        b"",
        b"x" * 1_500_000,
        b'{"update_id":1,"message":{"chat":{"id":1},"text":"' + "\u0300".encode() * 10_000 + b'"}}',
        b'{"update_id":1,"message":{"chat":{"id":' + b"9" * 400 + b'},"text":"x"}}',
    ],
)
def test_monstrous_bodies_are_refused_quickly(client: FlaskClient, body: bytes) -> None:
    answer = client.post(
        "/webhooks/telegram",
        data=body,
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
    )
    assert answer.status_code in (200, 400, 413)


def test_a_request_replayed_a_thousand_times_is_one_message(client: FlaskClient, database: Database) -> None:
    fields = {"MessageSid": "SM1", "From": "+85510000001", "Body": "hello"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/webhooks/twilio/sms", fields)
    for _ in range(1_000):
        answer = client.post("/webhooks/twilio/sms", data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200
    assert stored(database) == 1


@reuse
@given(text=words)
@example(text="\u17d2" * 500)
@example(text="ក" + "\u17d2ក" * 300)
def test_the_normaliser_is_stable_and_keeps_no_hidden_letters(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not re.search("[\u200b\u202e\ufeff\u0000]", once)
    assert "\x00" not in clean(text)
    clean(text).encode()
    detect(once)


@reuse
@given(text=words, form=st.sampled_from(list(Form)), wary=st.booleans())
def test_the_gate_looks_at_anything_without_failing(text: str, form: Form, wary: bool) -> None:
    safety.look(text, form, wary)
    unsafe_words.found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1600,
        "he " * 533,
        "ok " * 533,
        "will kill " * 160,
        "ខ្ញុំ" * 320,
        "វាយ " * 400,
        "\u200b" * 1600,
        "no " * 500 + "!",
        "khnhom " * 228,
        "1" * 1600,
        " " * 1600,
        "beat me " * 200,
        "." * 1600,
        "don't " * 266,
        "not not " * 200,
    ],
)
def test_no_pattern_takes_long_over_the_longest_message(text: str) -> None:
    """Growth, not the clock: twice the text takes about twice as long, never a power of it."""
    for form in Form:
        safety.look(text, form, False)
        short, long = _seconds_to_look(text[:800], form), _seconds_to_look(text * 2, form)
        assert long < 40 * short + 0.05


def _seconds_to_look(text: str, form: Form) -> float:
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        safety.look(text, form, False)
        taken.append(time.perf_counter() - started)
    return min(taken)


@reuse
@given(text=words, payload=st.one_of(st.none(), words))
def test_a_decision_on_anything_is_made_and_no_payload_from_outside_is_a_command(
    settings: Settings, text: str, payload: str | None
) -> None:
    brain = RasaBrain(settings)
    decision = decide(Incoming(text, payload=payload), Situation(), brain)
    assert decision.acts or decision.outcome
    if payload is not None and picks.is_valid(payload):
        assert payload in picks.COMMANDS or payload.startswith(("/", "!"))


@reuse
@given(
    path=st.sampled_from(
        [
            "/console/sign-in",
            "/console/language",
            "/console/password",
            "/console/sign-out",
            "/console/conversations/1/reply",
            "/console/conversations/1/close",
        ]
    ),
    fields=st.dictionaries(
        st.sampled_from(
            ["name", "password", "again", "language", "back", "text", "csrf_token", "outcome", "form_key"]
        ),
        words.map(lambda text: text.encode("utf-8", "replace").decode()),
    ),
)
def test_no_console_form_does_anything_without_its_token(
    client: FlaskClient, path: str, fields: dict[str, str]
) -> None:
    answer = client.post(path, data=fields)
    assert answer.status_code in (302, 400, 403, 404, 429) and not answer.headers.get(
        "Set-Cookie", ""
    ).startswith("phlov_staff")


@reuse
@given(back=words, language=st.sampled_from(["km", "en", "xx"]))
@example(back="//evil.example", language="en")
@example(back="/console@evil.example", language="en")
@example(back="/console/../../evil", language="en")
@example(back="/\\evil.example", language="en")
def test_no_form_sends_a_browser_elsewhere(client: FlaskClient, back: str, language: str) -> None:
    page = client.get("/console/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    back = back.encode("utf-8", "replace").decode()
    answer = client.post(
        "/console/language", data={"csrf_token": token[1], "language": language, "back": back}
    )
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/console")
