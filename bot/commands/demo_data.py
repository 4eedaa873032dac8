"""`phlov demo-data`: a year of invented conversations, to try the console and the figures with.

Nobody in it exists. It goes the way of the real tables (consent before needs, a referral on a consent of
its own), so that figures made of it can be checked against direct queries.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import aliases, audit, inbox
from bot.brain import NoBrain
from bot.database import Database, connect
from bot.directory import files
from bot.directory.codes import NEED_OF_TOPIC
from bot.insight import snapshots
from bot.insight.invented import ACTION
from bot.intents import SENSITIVE
from bot.models import (
    Author,
    Channel,
    Consent,
    Contact,
    Conversation,
    Delivery,
    Direction,
    Escalation,
    Form,
    Message,
    Need,
    Priority,
    Profile,
    Referral,
    Service,
    Skill,
    State,
)
from bot.models.columns import keyring, now
from bot.models.referral import ReferralState
from bot.settings import Settings, load_settings
from bot.turn import take_turn
from nlu import corpus

_BATCH = 500
_T = TypeVar("_T")

# Shares in per cent, invented but near what the sourced facts say of returnees (facts/context.yml).
_NEEDS = {
    "job_find": 30, "documents": 18, "need_debt": 16, "need_food_cash": 10, "job_training": 8,
    "need_school": 7, "need_health": 5, "need_shelter_travel": 3, "need_legal": 2, "talk": 1,
}  # fmt: skip
_PROVINCES = {
    "02": 22, "01": 20, "17": 12, "06": 8, "14": 8, "21": 4, "24": 4, "03": 4, "22": 4, "15": 3,
    "20": 2, "05": 2, "12": 2, "25": 2, "07": 1, "13": 1, "08": 1,
}  # fmt: skip
_COUNTRIES = {"TH": 90, "MY": 4, "KR": 3, "CN": 1, "JP": 1, "VN": 1}
_REASONS = {
    "asked_for_person": 40, "not_understood": 18, "distress": 14, "gbv": 12, "asked_for_call": 7,
    "brain_unavailable": 3, "trafficking": 3, "child_protection": 2, "medical_emergency": 1,
}  # fmt: skip
_SENSITIVE = ("distress", "gbv", "trafficking", "child_protection")
_STEPS = {"sent": 14, "accepted": 18, "first_contact": 16, "done": 30, "declined": 8, "no_answer": 14}
_ENDED_AS = {
    ReferralState.SENT: ReferralState.NO_ANSWER,
    ReferralState.ACCEPTED: ReferralState.DECLINED,
    ReferralState.FIRST_CONTACT: ReferralState.DONE,
}
_LONGEST_UNDER_WAY = timedelta(days=3)
_OUTCOMES = {"helped": 46, "referred": 22, "no_answer": 18, "handed_back": 10, "not_for_us": 4}
_FORMS = {Form.KHMER: 52, Form.ROMANISED: 36, Form.ENGLISH: 12}


@dataclass(frozen=True)
class _World:
    """What all conversations draw from."""

    chance: random.Random
    start: datetime
    days: int
    texts: dict[Form, list[str]]
    services: list[Service]

    def pick(self, shares: dict[_T, int]) -> _T:
        return self.chance.choices(list(shares), list(shares.values()))[0]


@click.command("demo-data")
@click.option("--conversations", default=2_000, show_default=True, help="How many to invent.")
@click.option("--waiting", default=12, show_default=True, help="How many more wait for a person just now.")
@click.option("--seed", default=7, show_default=True, help="The same seed invents the same.")
def demo_data(conversations: int, waiting: int, seed: int) -> None:
    """Fill an empty development database with a year of invented conversations."""
    settings = load_settings()
    if settings.production:
        raise click.ClickException("refused: PHLOV_ENV is production, and these people don't exist")
    database = connect(settings)
    with database.transaction() as session:
        if session.scalar(select(func.count(Contact.id))):
            raise click.ClickException("refused: the database isn't empty; set DATABASE_URL to a new one")
        files.seed(session)
        audit.record(session, None, ACTION, "database", f"{conversations} conversations, seed {seed}")
    chance = random.Random(seed)
    for first in range(0, conversations, _BATCH):
        with database.transaction() as session:
            world = _world(session, chance)
            for number in range(first, min(first + _BATCH, conversations)):
                _invent(session, world, number)
        click.echo(f"{min(first + _BATCH, conversations)} of {conversations}")
    with database.transaction() as session:
        made = snapshots.make_due(session)
    _let_wait(database, settings, chance, waiting)
    click.echo(f"Invented data, not real people. Figures published for {len(made)} periods.")


def _let_wait(database: Database, settings: Settings, chance: random.Random, number: int) -> None:
    """Messages of now, on the way that every message takes, so that the queue has something in it."""
    rows = [row for row in corpus.development() if row.intent in (*SENSITIVE, "ask_human", "need_debt")]
    for n, row in enumerate(chance.sample(rows, number)):
        inbox.accept(database, inbox.Inbound(Channel.SMS, f"demo{n}", f"+8551100{n:05d}", row.text))
    while claim := inbox.claim_next(database):
        take_turn(database, claim, NoBrain(), settings)


def _world(session: Session, chance: random.Random) -> _World:
    texts: dict[Form, list[str]] = {form: [] for form in Form}
    for row in corpus.development():
        texts[Form(row.form)].append(row.text)
    services = list(session.scalars(select(Service).where(Service.sensitive.is_(False))))
    return _World(chance, now() - timedelta(days=395), 395, texts, services)


def _invent(session: Session, world: _World, number: int) -> None:
    chance = world.chance
    # More and more people write: the later half of the year has about two thirds of them.
    at = world.start + timedelta(days=world.days * chance.random() ** 0.7, hours=chance.uniform(0, 10))
    at = min(at, now() - timedelta(hours=2))
    contact = _contact(session, world, number, at)
    conversation = Conversation(
        contact_id=contact.id, state=State.CLOSED, opened_at=at, closed_at=at + timedelta(hours=20),
        last_message_at=at, not_understood=0, pages=0,
    )  # fmt: skip
    session.add(conversation)
    session.flush()
    _messages(session, world, contact, conversation, at)
    if chance.random() < 0.24:
        _escalation(session, world, conversation, at)
    if chance.random() < 0.62:
        _needs(session, world, contact, conversation, at)


def _contact(session: Session, world: _World, number: int, at: datetime) -> Contact:
    chance = world.chance
    channel = Channel.SMS if chance.random() < 0.7 else Channel.TELEGRAM
    address = f"+8551000{number:05d}" if channel is Channel.SMS else str(7_000_000_000 + number)
    contact = Contact(
        channel=channel, address=address, address_hash=keyring().blind_index(f"{channel}:{address}"),
        form=world.pick(_FORMS), created_at=at, alias=f"{aliases.new(lambda _: False)} {number}",
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact


def _messages(
    session: Session, world: _World, contact: Contact, conversation: Conversation, at: datetime
) -> None:
    chance = world.chance
    for turn in range(chance.randint(1, 3)):
        moment = at + timedelta(minutes=3 * turn)
        outcome = chance.choices(["answer", "offer"], [75, 25])[0]
        intent = "out_of_scope" if chance.random() < 0.05 else world.pick(_NEEDS)
        for direction, author in ((Direction.IN, Author.PERSON), (Direction.OUT, Author.BOT)):
            came = direction is Direction.IN
            session.add(
                Message(
                    contact_id=contact.id, conversation_id=conversation.id, direction=direction,
                    channel=contact.channel, author=author, created_at=moment, sent_at=moment,
                    body=chance.choice(world.texts[Form(contact.form)]) if came else "…",
                    form=contact.form, position=int(moment.timestamp() * 1000), segments=1,
                    state=Delivery.HANDLED if came else Delivery.DELIVERED, attempts=1,
                    understood={"intent": intent, "outcome": outcome, "reason": ""} if came else None,
                )
            )  # fmt: skip


def _escalation(session: Session, world: _World, conversation: Conversation, at: datetime) -> None:
    chance = world.chance
    reason = world.pick(_REASONS)
    priority = (
        Priority.BOT_FAILED
        if reason in ("not_understood", "brain_unavailable")
        else Priority.ASKED_FOR_PERSON
    )
    if reason in _SENSITIVE:
        priority = Priority.SENSITIVE
    elif reason == "medical_emergency":
        priority = Priority.IMMEDIATE_DANGER
    claimed = at + timedelta(minutes=chance.expovariate(1 / (8 * int(priority))))
    outcome = world.pick(_OUTCOMES)
    conversation.outcome, conversation.reason, conversation.priority = outcome, reason, int(priority)
    session.add(
        Escalation(
            conversation_id=conversation.id, priority=int(priority), reason=reason, at=at,
            claimed_at=claimed if chance.random() < 0.97 else None,
            ended_at=claimed + timedelta(minutes=40), outcome=outcome,
        )
    )  # fmt: skip


def _needs(
    session: Session, world: _World, contact: Contact, conversation: Conversation, at: datetime
) -> None:
    chance = world.chance
    consent = _consent(session, contact, "keep_needs", None, at)
    province = world.pick(_PROVINCES)
    session.add(
        Profile(
            contact_id=contact.id, consent_id=consent.id, province=province, at=at, changed_at=at,
            sex=_told(chance, ["female", "male"], [62, 38], 0.8),
            age_band=_told(chance, ["18-24", "25-34", "35-49", "50+"], [16, 38, 34, 12], 0.7),
            household=_told(chance, ["1", "2-4", "5+"], [8, 52, 40], 0.75),
            children=chance.random() < 0.66 if chance.random() < 0.75 else None,
            country=world.pick(_COUNTRIES), returned=_told(chance, ["0-1", "1-6", "6+"], [30, 45, 25], 0.8),
        )
    )  # fmt: skip
    session.flush()
    if chance.random() < 0.5:
        trade = world.pick({"construction": 40, "garment": 20, "farming": 20, "fishing": 10, "domestic": 10})
        session.add(Skill(contact_id=contact.id, trade=trade))
    kinds = list(dict.fromkeys(world.pick(_NEEDS) for _ in range(chance.randint(1, 3))))
    for kind in kinds:
        session.add(
            Need(
                contact_id=contact.id, conversation_id=conversation.id, consent_id=consent.id, kind=kind,
                province=province, at=at,
            )
        )  # fmt: skip
    if world.services and chance.random() < 0.35:
        _referral(session, world, contact, conversation, kinds[0], at)


def _referral(
    session: Session, world: _World, contact: Contact, conversation: Conversation, need: str, at: datetime
) -> None:
    service = world.chance.choice(world.services[:8])
    consent = _consent(session, contact, "share", service.key, at)
    state = ReferralState(world.pick(_STEPS))
    if at < now() - _LONGEST_UNDER_WAY:  # else the worker would find hundreds of old ones at once
        state = _ENDED_AS.get(state, state)
    session.add(
        Referral(
            contact_id=contact.id, conversation_id=conversation.id, service_id=service.id,
            consent_id=consent.id, need=_of_a_service(need), shared={}, state=state, state_at=at,
            created_at=at, reminders=9,
        )
    )  # fmt: skip


def _of_a_service(kind: str) -> str:
    """The directory's word for the kind of need."""
    return NEED_OF_TOPIC.get(kind) or {"documents": "papers"}.get(kind, kind)


def _consent(session: Session, contact: Contact, purpose: str, partner: str | None, at: datetime) -> Consent:
    consent = Consent(
        contact_id=contact.id, purpose=purpose, partner=partner, given=True, text_version="demo",
        form=contact.form, channel=contact.channel, at=at,
    )  # fmt: skip
    session.add(consent)
    session.flush()
    return consent


def _told(chance: random.Random, codes: Sequence[str], shares: Sequence[int], told: float) -> str | None:
    return chance.choices(codes, shares)[0] if chance.random() < told else None
