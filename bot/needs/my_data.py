"""What we know of a person, told in plain words to whoever holds the phone: short, and nothing sensitive
by name beyond what the person told themselves in the interview."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot import consent
from bot.intents import OFFERABLE
from bot.models import Consent, Contact, Form, Need, Profile
from bot.needs.codes import NEEDS
from bot.needs.keeping import needs_of, skills_of
from bot.places import provinces
from bot.words import say


def sentences(session: Session, contact: Contact, form: Form) -> list[str]:
    """One sentence for each kind of thing that is kept; nothing where nothing is."""
    profile = session.get(Profile, contact.id)
    needs = needs_of(session, contact)
    told = []
    if needs:
        told.append(say("my_needs", form, {"needs": ", ".join(_need(need, form) for need in needs)}))
    place = profile.province if profile else next((need.province for need in needs if need.province), None)
    if place in provinces():
        told.append(say("my_place", form, {"province": provinces()[place].name(form)}))
    if profile is not None:
        told += _profile(session, contact, profile, form)
    told += [_agreed(one, form) for one in consent.given(session, contact)]
    return list(dict.fromkeys(told))


def is_correctable(session: Session, contact: Contact) -> bool:
    """Whether there are answers that the interview can be gone through again for."""
    return session.get(Profile, contact.id) is not None or bool(needs_of(session, contact))


def _need(need: Need, form: Form) -> str:
    if need.kind in NEEDS:
        return say(f"kind_{need.kind}", form)
    return say(f"intent_{need.kind}", form) if need.kind in OFFERABLE else need.kind


def _profile(session: Session, contact: Contact, profile: Profile, form: Form) -> list[str]:
    told = []
    if profile.household:
        size = {"size": profile.household}
        told.append(say("my_household_children" if profile.children else "my_household", form, size))
    if profile.country or profile.returned:
        country = say(f"country_{profile.country or 'XX'}", form)
        told.append(say("my_return", form, {"country": country, "months": profile.returned or "?"}))
    skills = skills_of(session, contact)
    if skills:
        told.append(say("my_skills", form, {"skills": ", ".join(say(f"trade_{s}", form) for s in skills)}))
    if profile.reach:
        woman = "_w" if profile.woman_preferred and profile.reach != "never" else ""
        reach = say(f"reach_{profile.reach}{woman}", form)
        told.append(say("my_reach", form, {"reach": reach}))
    if profile.words:
        told.append(say("my_words", form, {"words": profile.words}))
    return told


def _agreed(one: Consent, form: Form) -> str:
    if one.purpose == consent.SHARE:
        return say("my_consent_share", form, {"partner": one.partner or ""})
    date = {"date": f"{one.at:%d/%m/%Y}"}
    if one.purpose == consent.LEARN:
        return say("my_consent_learn", form, date)
    return say("my_consent_later" if one.purpose == consent.CONTACT_LATER else "my_consent_keep", form, date)
