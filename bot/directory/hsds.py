"""The directory in the Human Services Data Specification 3.0 (Open Referral): a JSON list of services.

https://docs.openreferral.org. Each service is complete in itself: its organisation, phones, hours,
areas, languages, cost and location. What HSDS has no field for (three forms of a name, coded needs,
facts) is kept in attributes, so that an export comes back as it was.
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.directory import entries, hours
from bot.directory.files import BadFile, listed, take_over
from bot.directory.search import phone_of
from bot.models import Operator, Service
from bot.places import provinces
from bot.spreadsheets import MOST_ROWS, Problem

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://openreferral.org/phlov")
_LINK = "phlov"
# What is told by HSDS's own fields; everything else travels as attributes.
_LANGUAGE_NAMES = {"km": "Khmer", "en": "English", "th": "Thai", "vi": "Vietnamese", "sign": "sign language"}
_LANGUAGE_CODES = {"sign": "csx"}  # Cambodian Sign Language
_NATIVE: tuple[str, ...] = (
    "organisation_en",
    "website",
    "name_en",
    "place_en",
    "provinces",
    "languages",
    "phone",
)
_NATIVE += ("active", "confirmed_on", *entries.PRIVATE)
_ATTRIBUTES = tuple(name for name in entries.FIELDS if name not in _NATIVE)


def export_hsds(session: Session, public: bool = True) -> bytes:
    """The published entries (or all) as HSDS JSON."""
    services = [_service(service) for service in listed(session, public)]
    return json.dumps(services, ensure_ascii=False, indent=1).encode()


def import_hsds(session: Session, content: bytes, operator: Operator | None = None) -> int:
    """Takes over a JSON list of HSDS services, ours or anyone's; how many. Raises BadFile.

    What others publish comes in unpublished and unconfirmed: a person of ours confirms it first.
    """
    try:
        data = json.loads(content)
        services = data.get("contents", data) if isinstance(data, dict) else data
        if not isinstance(services, list) or not all(isinstance(s, dict) for s in services):
            raise ValueError
    except (ValueError, RecursionError):
        raise BadFile([Problem(1, "", "not_hsds")]) from None
    if len(services) > MOST_ROWS:
        raise BadFile([Problem(MOST_ROWS + 1, "", "too_many_rows")])
    given, problems = [], []
    for number, service in enumerate(services, start=1):
        try:
            given.append((number, _entry(service)))
        except (TypeError, AttributeError, KeyError, ValueError):
            problems.append(Problem(number, "", "not_hsds"))
    return take_over(session, given, problems, operator)


def identifier(*parts: str) -> str:
    """The UUID that stands for a thing of ours in every export."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def _service(service: Service) -> dict[str, Any]:
    key, texts = service.key, entries.as_texts(service)
    number = phone_of(service) or service.phone
    organisation = service.organisation
    exported: dict[str, Any] = {
        "id": identifier("service", key),
        "organization_id": identifier("organization", organisation.key),
        "name": service.name_en,
        "alternate_name": service.name_km,
        "status": "active" if service.active else "inactive",
        "eligibility_description": ", ".join(service.eligibility),
        "fees_description": service.cost,
        "last_modified": _moment(service.updated_at),
        "organization": {
            "id": identifier("organization", organisation.key),
            "name": organisation.name_en,
            "alternate_name": organisation.name_km,
            "description": organisation.name_en,
            **({"website": organisation.website} if organisation.website else {}),
        },
        "phones": [{"id": identifier("phone", key), "number": number, "type": "voice"}] if number else [],
        "schedules": [
            {
                "id": identifier("schedule", key, str(i)),
                "freq": "WEEKLY",
                "byday": ",".join(day.upper() for day in opening.days),
                "opens_at": opening.opens,
                "closes_at": opening.closes,
            }
            for i, opening in enumerate(hours.parse(service.hours))
        ],
        "service_areas": [
            {
                "id": identifier("area", key, code),
                "name": provinces()[code].names["en"],
                "extent": f"KH-{code}",
                "extent_type": "other",
            }
            for code in service.provinces
        ],
        "languages": [
            {
                "id": identifier("language", key, code),
                "name": _LANGUAGE_NAMES[code],
                "code": _LANGUAGE_CODES.get(code, code),
            }
            for code in service.languages
        ],
        "service_at_locations": _locations(service),
        "attributes": [
            {
                "id": identifier("attribute", key, name),
                "link_id": identifier("service", key),
                "link_type": f"{_LINK}:{name}",
                "link_entity": "service",
                "value": texts[name],
            }
            for name in _ATTRIBUTES
            if texts[name]
        ],
    }
    if service.cost == "free":
        cost = {"id": identifier("cost", key), "option": "free", "currency": "KHR", "amount": 0}
        exported["cost_options"] = [cost]
    if service.confirmed_on:
        exported["assured_date"] = service.confirmed_on.isoformat()
    return exported


def _locations(service: Service) -> list[dict[str, Any]]:
    if not service.place_en:
        return []
    key = service.key
    location = {
        "id": identifier("location", key),
        "location_type": "physical",
        "name": service.place_en,
        "alternate_name": service.place_km,
    }
    return [{"id": identifier("at", key), "service_id": identifier("service", key), "location": location}]


def _entry(service: dict[str, Any]) -> dict[str, str]:
    own = {
        str(attribute["link_type"]).partition(":")[2]: str(attribute.get("value") or "")
        for attribute in service.get("attributes") or []
        if str(attribute.get("link_type")).startswith(f"{_LINK}:")
    }
    organisation = service.get("organization") or {}
    name = str(service["name"])
    organisation_name = str(organisation.get("name") or name)
    place = _first(service.get("service_at_locations"), "location")
    foreign = {
        "key": _slug("hsds", str(service["id"])),
        "organisation_key": _slug("hsds", str(organisation.get("id") or service["id"])),
        "organisation_km": str(organisation.get("alternate_name") or organisation_name),
        "organisation_km_Latn": _latin(organisation_name),
        "name_km": str(service.get("alternate_name") or name),
        "name_km_Latn": _latin(name),
        "place_km": str(place.get("alternate_name") or place.get("name") or ""),
        "place_km_Latn": _latin(str(place.get("name") or "")),
        "hours": _hours(service.get("schedules") or []),
        "source": f"HSDS {service['id']}",
        "source_date": str(service.get("assured_date") or service.get("last_modified") or "unknown")[:64],
        "cost": "free" if any(c.get("amount") == 0 for c in service.get("cost_options") or []) else "unknown",
        "published": "no",
    }
    mine = {name: own[name] for name in _ATTRIBUTES if name in own}
    shared = {
        "organisation_en": organisation_name,
        "website": str(organisation.get("website") or ""),
        "name_en": name,
        "place_en": str(place.get("name") or ""),
        "provinces": "|".join(_provinces(service)),
        "languages": "|".join(_languages(service)),
        "phone": _phone(service) if not mine.get("phone_fact") else "",
        "active": "yes" if service.get("status") == "active" else "no",
    }
    if mine.get("key"):
        shared["confirmed_on"] = str(service.get("assured_date") or "")
        return shared | mine
    return foreign | shared


def _first(items: Any, name: str) -> dict[str, Any]:
    found = (items or [{}])[0].get(name)
    return found if isinstance(found, dict) else {}


def _provinces(service: dict[str, Any]) -> list[str]:
    codes = {f"KH-{code}": code for code in provinces()}
    names = {province.names["en"].casefold(): code for code, province in provinces().items()}
    areas = service.get("service_areas") or []
    found = [codes.get(str(a.get("extent"))) or names.get(str(a.get("name")).casefold()) for a in areas]
    return [code for code in found if code]


def _languages(service: dict[str, Any]) -> list[str]:
    known = {_LANGUAGE_CODES.get(code, code): code for code in _LANGUAGE_NAMES}
    given = [str(language.get("code")) for language in service.get("languages") or []]
    return [known[code] for code in given if code in known]


def _phone(service: dict[str, Any]) -> str:
    return " / ".join(str(phone["number"]).strip('" ') for phone in service.get("phones") or [])


def _hours(schedules: list[dict[str, Any]]) -> str:
    rules = [
        f"{_weekdays(str(s['byday']))} {s['opens_at'][:5]}-{s['closes_at'][:5]}"
        for s in schedules
        if s.get("byday") and s.get("opens_at") and s.get("closes_at")
    ]
    joined = "; ".join(rules)
    try:
        hours.parse(joined)
    except ValueError:
        return ""  # a schedule that weekly hours can't say is left to whoever confirms the entry
    return joined


def _weekdays(byday: str) -> str:
    return ",".join(day.strip().capitalize() for day in byday.split(","))


def _slug(prefix: str, name: str) -> str:
    return f"{prefix}-{re.sub(r'[^a-z0-9]+', '-', name.casefold()).strip('-')}"[:63]


def _latin(name: str) -> str:
    return "".join(c for c in name if c.isascii()).strip() or "?"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
