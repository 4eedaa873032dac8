"""Every number in every reply is a fact's, with source and date; and every reply as it reads once expired."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from sqlalchemy import select

from bot import catalogues, facts, notices
from bot.answers import Part, answer, topics
from bot.database import Database
from bot.directory import tell
from bot.directory.search import Found
from bot.fact_desk.uses import expired_day
from bot.facts import EMERGENCY, Fact
from bot.models import Form, Service
from bot.settings import Settings
from bot.words import say

# Sentences with digits of their own: answers of the interview to choose from, which count people and months.
CHOICES = {"household_2", "household_3", "household_4", "household_5", "returned_2"}
KHMER_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
EVERY = [(name, form) for name in topics() for form in Form]


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """What is told doesn't depend on the kind of database."""
    return f"sqlite:///{tmp_path}/test.db"


def numbers(text: str) -> set[str]:
    """The numbers in `text`, in Latin digits and without marks of thousands."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.translate(KHMER_DIGITS))
    return set(re.findall(r"\d+", plain))


def of_facts(sources: Iterable[Fact]) -> set[str]:
    """The numbers of the facts' values; each fact says where it comes from and since when."""
    found: set[str] = set()
    for fact in sources:
        assert fact.source.strip() and fact.source_date.strip() and fact.checked_by.strip(), fact.id
        found |= numbers(" ".join(map(str, fact.values.values())))
    return found


def told_by(part: Part) -> list[Fact]:
    """The facts whose values the part tells today."""
    stands = facts.are_tellable(list(part.facts), facts.today())
    references = part.values if stands else part.unsure_values
    named = [facts.fact(reference.partition(".")[0]) for reference in references.values()]
    return [fact for fact in named if fact.is_tellable(facts.today())]


def checked(parts: Iterable[Part]) -> set[str]:
    """The month and year that "checked in …" tells: the oldest check of what is told."""
    days = [
        facts.fact(fact_id).checked_on
        for part in parts
        if facts.are_tellable(list(part.facts), facts.today())
        for fact_id in part.facts
    ]
    return {f"{min(days).month:02}", str(min(days).year)} if days else set()


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_every_number_in_every_answer_is_a_told_facts(name: str, form: Form) -> None:
    parts = topics()[name].parts
    allowed = of_facts(fact for part in parts for fact in told_by(part)) | checked(parts)
    for aspect in {None, *(part.aspect for part in parts)}:
        reply = " ".join(answer(name, form, aspect))
        assert numbers(reply) <= allowed, (name, form, aspect)


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_every_answer_says_once_expired_that_it_must_be_confirmed(name: str, form: Form) -> None:
    """Only the emergency numbers are left in it; each thought that rested on another fact says so."""
    late = expired_day()
    reply = " ".join(answer(name, form, on=late))
    standing = [part for part in topics()[name].parts if facts.are_tellable(list(part.facts), late)]
    oldest = [facts.fact(f).checked_on for part in standing for f in part.facts]
    dates = {f"{min(oldest).month:02}", str(min(oldest).year)} if oldest else set()
    assert numbers(reply) <= of_facts(facts.fact(fact_id) for fact_id in EMERGENCY) | dates
    for part in topics()[name].parts:
        if part in standing:
            continue
        assert part.unsure
        sources = [reference.partition(".")[0] for reference in part.unsure_values.values()]
        values = {n: facts.value(reference) for n, reference in part.unsure_values.items()}
        stands = facts.are_tellable(sources, late)
        assert say(part.unsure if stands else "unsure_generic", form, values if stands else {}) in reply


@pytest.mark.parametrize("form", Form)
def test_every_number_told_of_a_place_is_its_facts_or_its_hours(database: Database, form: Form) -> None:
    with database.reading() as session:
        services = list(session.scalars(select(Service).where(Service.active)))
        assert services
        for service in services:
            sources = {*service.facts, service.phone_fact.partition(".")[0]} - {""}
            allowed = of_facts(facts.fact(fact_id) for fact_id in sources) | numbers(service.hours or "")
            checks = [facts.fact(fact_id).checked_on for fact_id in service.facts]
            checks += [service.confirmed_on] if service.confirmed_on else []
            allowed |= {part for day in checks for part in (f"{day.month:02}", str(day.year))}
            names = " ".join((tell.name_of(service, form), tell.place_of(service, form)))
            for province in service.provinces or [""]:
                reply = " ".join(tell.told(Found(service, province), province, form))
                assert numbers(reply) <= allowed | numbers(names), (service.key, form)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("reason", notices.REASONS)
def test_every_number_in_a_notice_is_a_facts_or_a_setting(
    settings: Settings, form: Form, reason: str
) -> None:
    own = {str(settings.answer_minutes), str(settings.open_hours[0])}
    emergency = of_facts(facts.fact(fact_id) for fact_id in EMERGENCY)
    assert numbers(notices.escalated(reason, form, settings)) <= own | emergency


@pytest.mark.parametrize("form", Form)
def test_no_sentence_has_a_number_of_its_own_but_the_choices_of_the_interview(form: Form) -> None:
    for domain in catalogues.KEYED:
        for message in catalogues.read(domain, form):
            words = re.sub(r"\{\w+\}", "", str(message.string))
            assert not message.id or message.id in CHOICES or not numbers(words), message.id
