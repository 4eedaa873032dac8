"""Every setting, read from the environment once and checked before anything starts.

In development, what is missing comes from `var/development.env`, which is written with random
secrets on first use, so that the whole runs without any account. In production a missing or unsafe
value stops the start with the setting's name. docs/settings.md lists them all.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
_SHORTEST_SECRET = 16
# How many days each class of data is kept: docs/retention.md.
KEEP_DAYS = {"words": 30, "cases": 180, "needs": 730, "people": 365, "pages": 30, "sessions": 30}


class UnsafeSetting(Exception):
    """A setting is missing, malformed or unsafe. The message names it and says what to do."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


@dataclass(frozen=True)
class Settings:
    """All settings. Durations are in seconds unless the name says otherwise."""

    production: bool
    port: int
    public_url: str
    keys: tuple[bytes, ...]
    brand: str
    database_url: str
    redis_url: str | None
    rasa_urls: tuple[str, ...]
    rasa_token: str
    twilio_account_sid: str
    twilio_auth_tokens: tuple[str, ...]
    twilio_from: str
    twilio_messaging_service_sid: str
    twilio_api_url: str
    telegram_bot_token: str
    telegram_webhook_secret: str
    telegram_api_url: str
    smtp_host: str
    smtp_port: int
    smtp_tls: str
    smtp_user: str
    smtp_password: str
    smtp_from: str
    target_minutes: tuple[int, ...]
    urgent_in_a_row: int
    break_minutes: int
    streams: int
    country: str
    open_hours: tuple[int, int]
    answer_minutes: int
    page_again_minutes: int
    reply_prefixes: tuple[str, ...]
    replies_per_hour: int
    segments_per_day: int
    abroad_per_day: int
    outbound_hours: tuple[int, int]
    outbound_per_person: int
    outbound_per_day: int
    sms_price: float
    spend_limit: float
    follow_up_days: int
    public_insight: bool
    keep_days: Mapping[str, int]
    second_factor_required: bool
    lock_minutes: int
    brain_timeout: float = 3.0
    provider_timeout: float = 10.0

    @property
    def has_sms(self) -> bool:
        return bool(self.twilio_account_sid)

    @property
    def has_email(self) -> bool:
        return bool(self.smtp_host and self.smtp_from)

    @property
    def has_telegram(self) -> bool:
        return bool(self.telegram_bot_token)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises UnsafeSetting."""
    env = dict(os.environ if environ is None else environ)
    kind = env.get("PHLOV_ENV", "development")
    if kind not in ("development", "production"):
        raise UnsafeSetting("PHLOV_ENV", "must be development or production")
    production = kind == "production"
    if not production:
        env = {**development_defaults(env), **{name: value for name, value in env.items() if value}}
    settings = _read(env, production)
    if production:
        _refuse_unsafe(settings, env)
    return settings


def development_defaults(env: Mapping[str, str]) -> dict[str, str]:
    """What `var/development.env` holds, written with new random secrets when there is none."""
    file = Path(env.get("PHLOV_VAR", ROOT / "var")) / "development.env"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        values = {
            "PHLOV_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "RASA_TOKEN": secrets.token_urlsafe(24),
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_FROM": "1294",
            "TELEGRAM_BOT_TOKEN": f"100000001:{secrets.token_urlsafe(26)}",
            "TELEGRAM_WEBHOOK_SECRET": secrets.token_urlsafe(24),
        }
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        with contextlib.suppress(FileExistsError):  # of several processes starting at once, one writes
            os.link(draft, file)
        draft.unlink()
    lines = file.read_text().splitlines()
    pairs = [(name, value) for name, _, value in (line.partition("=") for line in lines)]
    defaults = dict(pairs)
    url = f"http://127.0.0.1:{env.get('PORT') or 8000}"
    defaults.setdefault("PUBLIC_URL", url)
    # Without real providers the phone simulator stands in for both.
    defaults.setdefault("TWILIO_API_URL", f"{url}/simulator/twilio")
    defaults.setdefault("TELEGRAM_API_URL", f"{url}/simulator/telegram")
    defaults.setdefault("DATABASE_URL", f"sqlite:///{file.parent.resolve() / 'phlov.db'}")
    return defaults


def _read(env: Mapping[str, str], production: bool) -> Settings:
    def get(name: str, default: str = "") -> str:
        return env.get(name, "").strip() or default

    var = Path(env.get("PHLOV_VAR", ROOT / "var")).resolve()
    return Settings(
        production=production,
        port=_number("PORT", get("PORT", "8000"), 1, 65535),
        public_url=_url("PUBLIC_URL", get("PUBLIC_URL", f"http://127.0.0.1:{get('PORT', '8000')}")),
        keys=_keys(get("PHLOV_KEYS")),
        brand=get("PHLOV_BRAND", "Phlov"),
        database_url=_database_url(get("DATABASE_URL", f"sqlite:///{var / 'phlov.db'}")),
        redis_url=get("REDIS_URL") or None,
        rasa_urls=tuple(_url("RASA_URL", url) for url in _list(get("RASA_URL", "http://127.0.0.1:5005"))),
        rasa_token=get("RASA_TOKEN"),
        twilio_account_sid=get("TWILIO_ACCOUNT_SID"),
        twilio_auth_tokens=_list(get("TWILIO_AUTH_TOKEN")),
        twilio_from=get("TWILIO_FROM"),
        twilio_messaging_service_sid=get("TWILIO_MESSAGING_SERVICE_SID"),
        twilio_api_url=_url("TWILIO_API_URL", get("TWILIO_API_URL", "https://api.twilio.com")),
        telegram_bot_token=get("TELEGRAM_BOT_TOKEN"),
        telegram_webhook_secret=get("TELEGRAM_WEBHOOK_SECRET"),
        telegram_api_url=_url("TELEGRAM_API_URL", get("TELEGRAM_API_URL", "https://api.telegram.org")),
        smtp_host=get("SMTP_HOST"),
        smtp_port=_number("SMTP_PORT", get("SMTP_PORT", "587"), 1, 65535),
        smtp_tls=_choice("SMTP_TLS", get("SMTP_TLS", "starttls"), ("starttls", "tls", "none")),
        smtp_user=get("SMTP_USER"),
        smtp_password=get("SMTP_PASSWORD"),
        smtp_from=_mail_address("SMTP_FROM", get("SMTP_FROM")),
        target_minutes=_targets(get("PHLOV_TARGET_MINUTES", "5,10,30,30")),
        urgent_in_a_row=_number("PHLOV_URGENT_IN_A_ROW", get("PHLOV_URGENT_IN_A_ROW", "3"), 1, 100),
        break_minutes=_number("PHLOV_BREAK_MINUTES", get("PHLOV_BREAK_MINUTES", "15"), 1, 240),
        streams=_number("PHLOV_STREAMS", get("PHLOV_STREAMS", "64"), 1, 1000),
        country=get("PHLOV_COUNTRY", "KH"),
        open_hours=_hours("PHLOV_OPEN_HOURS", get("PHLOV_OPEN_HOURS", "00-24")),
        answer_minutes=_number("PHLOV_ANSWER_MINUTES", get("PHLOV_ANSWER_MINUTES", "30"), 1, 1440),
        page_again_minutes=_number("PHLOV_PAGE_AGAIN_MINUTES", get("PHLOV_PAGE_AGAIN_MINUTES", "5"), 1, 1440),
        reply_prefixes=_prefixes(get("PHLOV_REPLY_PREFIXES", "855 66 84 856 60 65 82 81 852 886")),
        replies_per_hour=_number("PHLOV_REPLIES_PER_HOUR", get("PHLOV_REPLIES_PER_HOUR", "40"), 3, 100_000),
        segments_per_day=_number(
            "PHLOV_SEGMENTS_PER_DAY", get("PHLOV_SEGMENTS_PER_DAY", "50000"), 10, 1_000_000_000
        ),
        abroad_per_day=_number("PHLOV_ABROAD_PER_DAY", get("PHLOV_ABROAD_PER_DAY", "20"), 0, 10_000),
        outbound_hours=_hours("PHLOV_OUTBOUND_HOURS", get("PHLOV_OUTBOUND_HOURS", "08-19")),
        outbound_per_person=_number(
            "PHLOV_OUTBOUND_PER_PERSON", get("PHLOV_OUTBOUND_PER_PERSON", "1"), 1, 20
        ),
        outbound_per_day=_number(
            "PHLOV_OUTBOUND_PER_DAY", get("PHLOV_OUTBOUND_PER_DAY", "500"), 1, 1_000_000
        ),
        sms_price=_amount("PHLOV_SMS_PRICE", get("PHLOV_SMS_PRICE", "0")),
        spend_limit=_amount("PHLOV_SPEND_LIMIT", get("PHLOV_SPEND_LIMIT", "0")),
        follow_up_days=_number("PHLOV_FOLLOW_UP_DAYS", get("PHLOV_FOLLOW_UP_DAYS", "14"), 1, 365),
        public_insight=_switch("PHLOV_PUBLIC_INSIGHT", get("PHLOV_PUBLIC_INSIGHT", "no")),
        keep_days=_keep_days(get("PHLOV_KEEP_DAYS")),
        second_factor_required=_choice(
            "PHLOV_SECOND_FACTOR",
            get("PHLOV_SECOND_FACTOR", "required" if production else "optional"),
            ("required", "optional"),
        )
        == "required",
        lock_minutes=_number("PHLOV_LOCK_MINUTES", get("PHLOV_LOCK_MINUTES", "5"), 1, 60),
    )


def _refuse_unsafe(settings: Settings, env: Mapping[str, str]) -> None:
    if "PUBLIC_URL" not in env or not settings.public_url.startswith("https://"):
        raise UnsafeSetting("PUBLIC_URL", "must be the public https address of this server")
    _strong("RASA_TOKEN", settings.rasa_token)
    if not settings.has_sms and not settings.has_telegram:
        raise UnsafeSetting("TWILIO_ACCOUNT_SID", "set this or TELEGRAM_BOT_TOKEN: there is no channel")
    if settings.spend_limit and not settings.sms_price:
        raise UnsafeSetting("PHLOV_SMS_PRICE", "is needed for PHLOV_SPEND_LIMIT: the price of one segment")
    if settings.has_sms:
        if not settings.twilio_auth_tokens:
            raise UnsafeSetting("TWILIO_AUTH_TOKEN", "is missing: signatures couldn't be checked")
        for token in settings.twilio_auth_tokens:
            _strong("TWILIO_AUTH_TOKEN", token)
        if not settings.twilio_from and not settings.twilio_messaging_service_sid:
            raise UnsafeSetting("TWILIO_FROM", "set this or TWILIO_MESSAGING_SERVICE_SID")
        _encrypted_or_local("TWILIO_API_URL", settings.twilio_api_url)
    if settings.has_telegram:
        _strong("TELEGRAM_WEBHOOK_SECRET", settings.telegram_webhook_secret)
        _encrypted_or_local("TELEGRAM_API_URL", settings.telegram_api_url)
    _whole_smtp(settings)
    for name in ("FLASK_DEBUG", "PYTHONASYNCIODEBUG"):
        if env.get(name, "0") not in ("", "0", "false"):
            raise UnsafeSetting(name, "must not be set in production")


def _whole_smtp(settings: Settings) -> None:
    """A mail server is set whole or not at all, and never used in clear over a network."""
    if not settings.smtp_host:
        if settings.smtp_from or settings.smtp_user or settings.smtp_password:
            raise UnsafeSetting("SMTP_HOST", "is missing: SMTP_FROM, SMTP_USER or SMTP_PASSWORD is set")
        return
    if not settings.smtp_from:
        raise UnsafeSetting("SMTP_FROM", "is missing: the address that letters come from")
    if bool(settings.smtp_user) != bool(settings.smtp_password):
        missing = "SMTP_PASSWORD" if settings.smtp_user else "SMTP_USER"
        raise UnsafeSetting(missing, "is missing: set both or neither")
    if settings.smtp_tls == "none" and settings.smtp_host not in ("127.0.0.1", "localhost", "::1"):
        raise UnsafeSetting("SMTP_TLS", "must be starttls or tls: letters hold links to referrals")


def _strong(name: str, value: str) -> None:
    if len(value) < _SHORTEST_SECRET or len(set(value)) < 6:
        raise UnsafeSetting(name, f"must be a random secret of at least {_SHORTEST_SECRET} characters")


def _encrypted_or_local(name: str, url: str) -> None:
    if not url.startswith("https://") and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise UnsafeSetting(name, "must be https")


def _list(value: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in value.split(",") if item.strip())


def _switch(name: str, value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise UnsafeSetting(name, "must be yes or no")
    return value.lower() == "yes"


def _number(name: str, value: str, least: int, most: int) -> int:
    if not value.isdecimal() or not least <= int(value) <= most:
        raise UnsafeSetting(name, f"must be a number from {least} to {most}")
    return int(value)


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise UnsafeSetting(name, f"must be one of {', '.join(choices)}")
    return value


def _mail_address(name: str, value: str) -> str:
    if value and not re.fullmatch(r"[^@\s<>,;]{1,64}@[A-Za-z0-9.-]{1,190}", value):
        raise UnsafeSetting(name, "must be a bare e-mail address")
    return value


def _url(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnsafeSetting(name, "must be an http or https address")
    return value.rstrip("/")


def _database_url(value: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if value.startswith(short):
            return "postgresql+psycopg://" + value[len(short) :]
    if not value.startswith(("sqlite:", "postgresql+psycopg:")):
        raise UnsafeSetting("DATABASE_URL", "must begin with sqlite: or postgresql:")
    return value


def _prefixes(value: str) -> tuple[str, ...]:
    prefixes = tuple(value.replace(",", " ").split())
    if not prefixes or not all(prefix.isascii() and prefix.isdecimal() for prefix in prefixes):
        raise UnsafeSetting("PHLOV_REPLY_PREFIXES", "must be country codes like 855 66, without plus")
    return prefixes


def _count(name: str, value: str) -> int:
    return _number(name, value, 1, 1_000_000)


def _amount(name: str, value: str) -> float:
    try:
        amount = float(value)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1e9:
        raise UnsafeSetting(name, "must be an amount of money, such as 0.045")
    return amount


def _keep_days(value: str) -> dict[str, int]:
    days = dict(KEEP_DAYS)
    for pair in value.replace(",", " ").split():
        kind, _, number = pair.partition("=")
        if kind not in days or not number.isdecimal() or not 1 <= int(number) <= 36_500:
            kinds = " ".join(KEEP_DAYS)
            raise UnsafeSetting("PHLOV_KEEP_DAYS", f"must be like words=30 cases=180, of {kinds}")
        days[kind] = int(number)
    return days


def _hours(name: str, value: str) -> tuple[int, int]:
    first, _, last = value.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 0 <= int(first) < int(last) <= 24):
        raise UnsafeSetting(name, "must be like 07-21 (hours in Phnom Penh)")
    return int(first), int(last)


def _targets(value: str) -> tuple[int, ...]:
    numbers = _list(value)
    if len(numbers) != 4:
        raise UnsafeSetting(
            "PHLOV_TARGET_MINUTES", "must be four numbers, one for each priority, like 5,10,30,30"
        )
    return tuple(_number("PHLOV_TARGET_MINUTES", number, 1, 1440) for number in numbers)


def _keys(value: str) -> tuple[bytes, ...]:
    keys = []
    for item in _list(value):
        try:
            key = base64.urlsafe_b64decode(item + "=" * (-len(item) % 4))
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32 or len(set(key)) < 8:
            raise UnsafeSetting("PHLOV_KEYS", "each key must be 32 random bytes in base64 (phlov keys new)")
        keys.append(key)
    if not keys:
        raise UnsafeSetting("PHLOV_KEYS", "is missing: nothing could be encrypted (phlov keys new makes one)")
    return tuple(keys)
