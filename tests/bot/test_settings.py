"""Settings: an unsafe one stops the start in production, by its name."""

from __future__ import annotations

import base64
import os

import pytest

from bot.settings import UnsafeSetting, load_settings

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SAFE = {
    "PHLOV_ENV": "production",
    "PUBLIC_URL": "https://helpline.example",
    "PHLOV_KEYS": KEY,
    "DATABASE_URL": "postgres://phlov@localhost/phlov",
    "RASA_TOKEN": "abcdefghijklmnopqrst",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "0123456789abcdef",
    "TWILIO_FROM": "1294",
    "TELEGRAM_BOT_TOKEN": "1:x",
    "TELEGRAM_WEBHOOK_SECRET": "0123456789abcdefgh",
}


def test_a_safe_production_starts() -> None:
    assert load_settings(SAFE).database_url == "postgresql+psycopg://phlov@localhost/phlov"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PHLOV_ENV", "staging"),
        ("PUBLIC_URL", "http://helpline.example"),
        ("PHLOV_KEYS", ""),
        ("PHLOV_KEYS", "short"),
        ("PHLOV_KEYS", base64.b64encode(b"\0" * 32).decode()),
        ("RASA_TOKEN", ""),
        ("RASA_TOKEN", "changeme"),
        ("TWILIO_AUTH_TOKEN", ""),
        ("TWILIO_FROM", ""),
        ("TWILIO_API_URL", "http://api.example"),
        ("TELEGRAM_WEBHOOK_SECRET", ""),
        ("TELEGRAM_API_URL", "http://api.example"),
        ("DATABASE_URL", "mysql://x"),
        ("PORT", "99999"),
        ("FLASK_DEBUG", "1"),
    ],
)
def test_an_unsafe_setting_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(UnsafeSetting) as refused:
        load_settings({**SAFE, name: value})
    assert refused.value.name == name


def test_development_needs_nothing_and_keeps_its_secrets(environment: dict[str, str]) -> None:
    first, second = load_settings(environment), load_settings(environment)
    assert first == second and first.keys
    file = os.path.join(environment["PHLOV_VAR"], "development.env")
    assert os.stat(file).st_mode & 0o077 == 0
