"""What a person is told of a service: the name and place first, then what fits into one message."""

from __future__ import annotations

from datetime import date

from bot.directory import hours
from bot.directory.search import Found, is_tellable, name_of, phone_of, place_of
from bot.facts import fact, today
from bot.models import Form, Service
from bot.places import provinces
from bot.words import say


def told(found: Found, asked: str | None, form: Form, on: date | None = None) -> list[str]:
    """The thoughts that tell `found` to somebody who asked about the province `asked`.

    What is unconfirmed or due for review is told as something that must be confirmed, without its
    number, hours or cost.
    """
    on = on or today()
    service = found.service
    values = {
        "name": name_of(service, form),
        "place": place_of(service, form),
        "province": provinces()[asked].name(form) if asked in provinces() else "",
        "other": provinces()[found.province].name(form) if found.province else "",
    }
    if not is_tellable(service, on):
        return [say("nearest_unsure" if values["place"] else "service_unsure", form, values)]
    if not found.province or not values["place"]:
        first = say("service_everywhere", form, values)
    else:
        first = say("nearest_service" if found.province == asked else "nearest_neighbour", form, values)
    number = phone_of(service, on)
    if number:
        first += " " + say("service_phone", form, {"phone": number})
    return [first, _details(service, form)]


def _details(service: Service, form: Form) -> str:
    parts = []
    if service.hours:
        parts.append(say("service_hours", form, {"hours": hours.words(service.hours, form)}))
    if service.cost == "free":
        parts.append(say("service_free", form))
    elif service.cost == "paid":
        parts.append(say("service_paid", form))
    if service.eligibility and "anyone" not in service.eligibility:
        who = ", ".join(say(f"eligible_{code}", form) for code in service.eligibility)
        parts.append(say("service_for", form, {"who": who}))
    if service.capacity == "full":
        parts.append(say("service_full", form))
    checked = _checked(service)
    parts.append(say("checked", form, {"month": f"{checked.month:02}", "year": checked.year}))
    return " ".join(parts)


def _checked(service: Service) -> date:
    if service.confirmed_on:
        return service.confirmed_on
    return min(fact(name).checked_on for name in service.facts)
