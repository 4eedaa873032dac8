"""What a person is told of a listing, in their form: names, codes and numbers only, never free text."""

from __future__ import annotations

from bot.models import Form, Listing
from bot.places import districts, provinces
from bot.words import say


def told(listing: Listing, form: Form, asked: str | None = None, *, none_here: bool = False) -> list[str]:
    """The listing in one thought, and whence we know it with a word of caution in another.

    Where it isn't in the province that was `asked` for, that is said first; `none_here` where that
    province has none at all.
    """
    values = {
        "trade": say(f"trade_{listing.trade}", form),
        "employer": listing.employer_km if form is Form.KHMER else listing.employer_latin,
        "place": place(listing, form),
        "wage": wage(listing, form),
        "phone": listing.phone,
        "day": f"{listing.closes_on:%d/%m/%Y}",
    }
    first = []
    if asked in provinces() and listing.province != asked:
        here = {"province": provinces()[asked].name(form)}
        first.append(say("job_none_here" if none_here else "job_next_door", form, here))
    first.append(say("course_told" if listing.kind == "training" else "job_told", form, values))
    if values["wage"]:
        paid = "course_pays" if listing.kind == "training" else f"job_pays_{listing.wage_period}"
        first.append(say(paid, form, values))
    first.append(say("job_contact", form, values))
    source = {"day": f"{listing.source_date:%d/%m/%Y}"}
    return [" ".join(first), say("job_source", form, source)]


def wage(listing: Listing, form: Form) -> str:
    """The pay as it was given, in riel, dollars or both; "" where it wasn't."""
    parts = []
    if listing.wage_khr:
        parts.append(say("amount_riel", form, {"amount": f"{listing.wage_khr:,}"}))
    if listing.wage_usd:
        parts.append(f"${listing.wage_usd:,}")
    return " / ".join(parts)


def place(listing: Listing, form: Form) -> str:
    """District and province in the person's form."""
    province = provinces()[listing.province].name(form)
    if not listing.district:
        return province
    names = districts()[listing.district]
    return f"{names['km' if form is Form.KHMER else 'en']}, {province}"
