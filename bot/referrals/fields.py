"""What a referral can share, and the words in which a person is asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from bot.directory.search import name_of
from bot.models import Channel, Contact, Form, Profile, Service
from bot.places import provinces
from bot.words import say

# In the order in which they are asked for and shown. The first ones are all that the bot ever shares.
BY_BOT = ("phone", "province", "need", "language")
BY_OPERATOR = (*BY_BOT, "name", "when", "note")
LONGEST = {"name": 80, "when": 120, "note": 600, "phone": 32}


def known(session: Session, contact: Contact, need: str, province: str | None = None) -> dict[str, str]:
    """What we could share of this person without asking for more: codes, and the number they write from."""
    profile = session.get(Profile, contact.id)
    place = province or (profile.province if profile else None)
    found = {"need": need, "language": str(contact.form)}
    if contact.channel == Channel.SMS:
        found["phone"] = contact.address
    if place in provinces():
        found["province"] = place
    return {name: found[name] for name in BY_BOT if name in found}


def question(service: Service, shared: Mapping[str, str], form: Form) -> str:
    """Asks for consent to share exactly `shared` with exactly this partner, in at most two SMS."""
    values = {"partner": name_of(service, form), "fields": ", ".join(labels(shared, form))}
    return say("ask_share", form, values)


def labels(names: Iterable[str], form: Form) -> list[str]:
    """The fields' names as the person reads them."""
    return [say(f"share_{name}", form) for name in BY_OPERATOR if name in set(names)]


def clean(given: Mapping[str, str]) -> dict[str, str]:
    """What an operator typed, without empty fields and control characters, each at its length."""
    cleaned = {}
    for name in BY_OPERATOR:
        text = "".join(c for c in given.get(name, "") if c.isprintable() or c == "\n").strip()
        if text:
            cleaned[name] = text[: LONGEST.get(name, 64)]
    return cleaned
