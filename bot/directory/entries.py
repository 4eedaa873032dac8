"""One directory entry as flat text: checked, compared with what is stored, and kept with its history.

The same fields serve CSV, HSDS, the shipped file and the console's form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.directory import codes, hours
from bot.facts import MissingFact, facts, value
from bot.models import Capacity, DirectoryChange, Operator, Organisation, ReferralMethod, Service
from bot.places import provinces
from bot.spreadsheets import hides_something

_LIST = "|"
_METHODS = (ReferralMethod.SMS, ReferralMethod.EMAIL, ReferralMethod.PHONE, ReferralMethod.NONE)
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_SHORT_CODE = re.compile(r"\d{3,5}")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE_LETTERS = re.compile(r"[+\d][\d /()-]{2,62}")


class BadValue(ValueError):
    """A field's text can't be its value; `why` is a key of bot.spreadsheets.WHY."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def text(longest: int, required: bool = False, latin: bool = False) -> Callable[[str], str]:
    """Reads a line of text of at most `longest` characters."""

    def read(given: str) -> str:
        if required and not given:
            raise BadValue("missing")
        if len(given) > longest:
            raise BadValue("too_long")
        if hides_something(given):
            raise BadValue("hidden_character")
        if latin and not given.isascii():
            raise BadValue("not_latin")
        return given

    return read


def one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    """Reads one of `known`; nothing stands for the last of them."""

    def read(given: str) -> str:
        if given and given not in known:
            raise BadValue("unknown_code")
        return given or known[-1]

    return read


def several_of(known: Callable[[], frozenset[str]]) -> Callable[[str], list[str]]:
    """Reads codes set apart by "|", in their order, each once."""

    def read(given: str) -> list[str]:
        found = list(dict.fromkeys(part.strip() for part in given.split(_LIST) if part.strip()))
        if not set(found) <= known():
            raise BadValue("unknown_code")
        return found

    return read


def yes_or_no(given: str) -> bool:
    if given not in ("", "yes", "no"):
        raise BadValue("unknown_code")
    return given == "yes"


def day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadValue("not_a_date") from None


def phone(given: str) -> str:
    """A short code, or a number (or several with " / ") as people dial it."""
    for number in given.split(" / ") if given else []:
        if _SHORT_CODE.fullmatch(number):
            continue
        try:
            if not _PHONE_LETTERS.fullmatch(number):
                raise BadValue("not_a_phone")
            if not phonenumbers.is_possible_number(phonenumbers.parse(number, "KH")):
                raise BadValue("not_a_phone")
        except phonenumbers.NumberParseException:
            raise BadValue("not_a_phone") from None
    if len(given) > 64:
        raise BadValue("too_long")
    return given


def _address(given: str) -> str:
    """Where referrals go: a number, or an e-mail address."""
    return text(120)(given) if _MAIL.fullmatch(given) else phone(given)


def _key(given: str) -> str:
    if not _KEY.fullmatch(given):
        raise BadValue("missing" if not given else "unknown_code")
    return given


def _hours(given: str) -> str:
    try:
        hours.parse(given)
    except ValueError:
        raise BadValue("not_hours") from None
    return text(120)(given)


def _website(given: str) -> str:
    if given and not re.fullmatch(r"https?://[^\s\"'<>]+", given):
        raise BadValue("not_a_link")
    return text(200)(given)


def _phone_fact(given: str) -> str:
    if given:
        try:
            value(given)
        except MissingFact:
            raise BadValue("unknown_code") from None
    return given


ORGANISATION: dict[str, Callable[[str], Any]] = {
    "organisation_key": _key,
    "organisation_km": text(200, required=True),
    "organisation_km_Latn": text(200, required=True, latin=True),
    "organisation_en": text(200, required=True),
    "website": _website,
}
FIELDS: dict[str, Callable[[str], Any]] = {
    "key": _key,
    **ORGANISATION,
    "kind": one_of(codes.KINDS),
    "name_km": text(200, required=True),
    "name_km_Latn": text(200, required=True, latin=True),
    "name_en": text(200, required=True),
    "place_km": text(200),
    "place_km_Latn": text(200, latin=True),
    "place_en": text(200),
    "needs": several_of(lambda: frozenset(codes.NEEDS)),
    "provinces": several_of(lambda: frozenset(provinces())),
    "eligibility": several_of(lambda: frozenset(codes.ELIGIBILITY)),
    "languages": several_of(lambda: frozenset(codes.LANGUAGES)),
    "cost": one_of(codes.COSTS),
    "hours": _hours,
    "phone": phone,
    "phone_fact": _phone_fact,
    "referral_method": one_of(_METHODS),
    "referral_address": _address,
    "referral_language": one_of(("en", "km")),
    "capacity": one_of((Capacity.OPEN, Capacity.LIMITED, Capacity.FULL, Capacity.UNKNOWN)),
    "sensitive": yes_or_no,
    "published": yes_or_no,
    "active": lambda given: yes_or_no(given or "yes"),
    "facts": several_of(lambda: frozenset(facts())),
    "source": text(300, required=True),
    "source_date": text(64, required=True),
    "confirmed_on": day,
    "confirmed_by": text(120),
    "review_due": day,
    "note": text(500),
}
REQUIRED: tuple[str, ...] = (
    *("key", "organisation_key", "organisation_km", "organisation_km_Latn", "organisation_en"),
    *("name_km", "name_km_Latn", "name_en", "source", "source_date"),
)
# Where referrals go is for people who edit the directory, and never in a file for others.
PRIVATE = ("referral_address", "note")


def check(given: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The values of an entry's texts, and what is wrong as (field, why)."""
    values: dict[str, Any] = {}
    wrong = []
    for name, read in FIELDS.items():
        try:
            values[name] = read(given.get(name, "").strip())
        except BadValue as problem:
            wrong.append((name, problem.why))
    return values, wrong or _contradictions(values)


def _contradictions(values: dict[str, Any]) -> list[tuple[str, str]]:
    wrong = []
    confirmed, due = values["confirmed_on"], values["review_due"]
    if confirmed and due and due <= confirmed:
        wrong.append(("review_due", "before_confirmed"))
    if values["published"] and not values["facts"] and not (confirmed and due and values["confirmed_by"]):
        wrong.append(("published", "needs_confirmation"))
    if values["published"] and (values["sensitive"] or codes.SENSITIVE_NEEDS & set(values["needs"])):
        wrong.append(("published", "sensitive_published"))
    method, address = values["referral_method"], values["referral_address"]
    if method in (ReferralMethod.SMS, ReferralMethod.EMAIL) and not address:
        wrong.append(("referral_address", "needs_address"))
    elif method == ReferralMethod.EMAIL and not _MAIL.fullmatch(address):
        wrong.append(("referral_address", "not_mail"))
    elif method == ReferralMethod.SMS and _MAIL.fullmatch(address):
        wrong.append(("referral_address", "not_a_phone"))
    return wrong


def as_texts(service: Service) -> dict[str, str]:
    """The entry as the texts that `check` reads."""
    values = _stored(service)
    return {name: _as_text(values[name]) for name in FIELDS}


def keep(session: Session, values: dict[str, Any], operator: Operator | None, how: str) -> Service:
    """Stores a checked entry under its key, new or changed, with the change in its history."""
    organisation = _organisation(session, values)
    service = session.scalars(select(Service).where(Service.key == values["key"])).first()
    before = _stored(service) if service else {}
    if service is None:
        service = Service(key=values["key"], source=values["source"], source_date=values["source_date"])
        session.add(service)
    service.organisation = organisation
    for name, new in values.items():
        if name not in ORGANISATION and name != "key":
            setattr(service, name, new)
    service.sensitive = values["sensitive"] or bool(codes.SENSITIVE_NEEDS & set(values["needs"]))
    session.flush()
    changed = {
        name: [_as_text(before.get(name, "")), _as_text(new)]
        for name, new in _stored(service).items()
        if _as_text(before.get(name, "")) != _as_text(new)
    }
    if changed:
        change = DirectoryChange(
            service_id=service.id, operator_id=operator.id if operator else None, how=how, fields=changed
        )
        session.add(change)
        audit.record(session, operator, f"directory_{how}", f"service:{service.id}")
    return service


def _organisation(session: Session, values: dict[str, Any]) -> Organisation:
    key = values["organisation_key"]
    organisation = session.scalars(select(Organisation).where(Organisation.key == key)).first()
    if organisation is None:
        organisation = Organisation(key=key)
        session.add(organisation)
    organisation.name_km = values["organisation_km"]
    organisation.name_km_Latn = values["organisation_km_Latn"]
    organisation.name_en = values["organisation_en"]
    organisation.website = values["website"]
    session.flush()
    return organisation


def _stored(service: Service) -> dict[str, Any]:
    organisation = service.organisation
    names = {
        "organisation_key": organisation.key,
        "organisation_km": organisation.name_km,
        "organisation_km_Latn": organisation.name_km_Latn,
        "organisation_en": organisation.name_en,
        "website": organisation.website,
    }
    own = {name: getattr(service, name) for name in FIELDS if name not in names}
    return names | own


def _as_text(stored: Any) -> str:
    if isinstance(stored, bool):
        return "yes" if stored else "no"
    if isinstance(stored, list):
        return _LIST.join(stored)
    return "" if stored is None else str(stored)
