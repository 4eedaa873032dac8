"""Figures for monitoring, read from the database: the same from every process and host, and after a restart.

Nothing here says anything of anyone: numbers by direction, state, priority and channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot import beats, reconcile
from bot.limits import replies_abroad_today, segments_today
from bot.models import Beat, Channel, Conversation, Delivery, Direction, Escalation, Message, Priority, State
from bot.models.columns import now
from bot.settings import ROOT, Settings

_WINDOW = timedelta(minutes=15)
_MOST_ROWS = 20_000
WORKER_ALIVE = timedelta(seconds=30)
_QUANTILES = (0.5, 0.95, 0.99)


def rendered(session: Session, settings: Settings, brain_ready: bool) -> bytes:
    """All figures in Prometheus' text format."""
    registry = CollectorRegistry()
    _messages(session, registry)
    _queue(session, registry)
    _turns(session, registry)
    _escalations(session, registry)
    _deliveries(session, registry)
    _set(
        registry,
        "phlov_segments_today",
        "SMS segments queued or sent since midnight UTC",
        segments_today(session),
    )
    _set(registry, "phlov_segments_limit", "PHLOV_SEGMENTS_PER_DAY", settings.segments_per_day)
    read = beats.last(session, reconcile.READ_UP_TO)
    if read is not None:
        _set(
            registry,
            "phlov_reconciled_seconds",
            "Since when messages that missed us were last looked for",
            _age(read),
        )
    abroad = replies_abroad_today(session)
    _set(registry, "phlov_abroad_today", "Replies to danger from countries that aren't listed", abroad)
    _set(registry, "phlov_abroad_limit", "PHLOV_ABROAD_PER_DAY", settings.abroad_per_day)
    _set(registry, "phlov_brain_ready", "1 where a brain has its model loaded", int(brain_ready))
    _set(registry, "phlov_workers", "Workers with a sign of life within 30 seconds", living_workers(session))
    model = Gauge("phlov_model_info", "The model on this machine's disk", ["version"], registry=registry)
    model.labels(model_version()).set(1)
    return generate_latest(registry)


def living_workers(session: Session) -> int:
    """How many workers gave a sign of life lately."""
    alive = select(func.count()).where(Beat.name.like("worker:%"), Beat.at > now() - WORKER_ALIVE)
    return session.scalar(alive) or 0


def model_version() -> str:
    """The fingerprint of the data that the brain's model was trained on, "none" without one."""
    file = ROOT / "models" / "brain.sha256"
    return file.read_text().strip()[:12] if file.exists() else "none"


def _messages(session: Session, registry: CollectorRegistry) -> None:
    waiting = Gauge(
        "phlov_messages_waiting", "Messages not yet done with", ["direction", "state"], registry=registry
    )
    oldest = Gauge(
        "phlov_oldest_seconds", "Age of the oldest of them", ["direction", "state"], registry=registry
    )
    unfinished = (
        (Direction.IN, Delivery.RECEIVED),
        (Direction.OUT, Delivery.QUEUED),
        (Direction.OUT, Delivery.SENDING),
    )
    for direction, state in unfinished:
        query = select(func.count(), func.min(Message.created_at)).where(
            Message.direction == direction, Message.state == state
        )
        number, first = session.execute(query).one()
        waiting.labels(direction, state).set(number)
        oldest.labels(direction, state).set(_age(first))
    lately = Gauge(
        "phlov_messages_lately",
        "Messages of the last 15 minutes",
        ["direction", "channel", "state"],
        registry=registry,
    )
    counted = (
        select(Message.direction, Message.channel, Message.state, func.count())
        .where(Message.direction.in_(list(Direction)), Message.created_at > now() - _WINDOW)
        .group_by(Message.direction, Message.channel, Message.state)
    )
    for direction, channel, state, number in session.execute(counted):
        lately.labels(direction, channel, state).set(number)


def _queue(session: Session, registry: CollectorRegistry) -> None:
    waiting = Gauge("phlov_queue", "Conversations that wait for a person", ["priority"], registry=registry)
    longest = Gauge(
        "phlov_queue_oldest_seconds", "How long the first of them waits", ["priority"], registry=registry
    )
    found = {
        priority: (number, first)
        for priority, number, first in session.execute(
            select(Conversation.priority, func.count(), func.min(Conversation.waiting_since))
            .where(Conversation.state == State.WAITING)
            .group_by(Conversation.priority)
        )
    }
    for priority in Priority:
        number, first = found.get(priority, (0, None))
        waiting.labels(str(int(priority))).set(number)
        longest.labels(str(int(priority))).set(_age(first))


def _turns(session: Session, registry: CollectorRegistry) -> None:
    """From a message's arrival to its reply queued, and handed to the provider."""
    asked = aliased(Message)
    query = (
        select(asked.created_at, Message.created_at, Message.sent_at)
        .join(asked, asked.id == Message.reply_to_id)
        .where(Message.direction == Direction.OUT, Message.created_at > now() - _WINDOW)
        .limit(_MOST_ROWS)
    )
    rows = list(session.execute(query))
    decided = [(queued - came).total_seconds() for came, queued, _ in rows]
    handed = [(sent - came).total_seconds() for came, _, sent in rows if sent]
    _quantiles(registry, "phlov_turn_seconds", "Arrival to reply decided, last 15 minutes", decided)
    _quantiles(registry, "phlov_reply_seconds", "Arrival to reply handed over, last 15 minutes", handed)


def _escalations(session: Session, registry: CollectorRegistry) -> None:
    """How long people waited in the queue until somebody claimed them, by priority."""
    wait = Gauge(
        "phlov_escalation_wait_seconds",
        "Queue to claim, of escalations claimed in the last day",
        ["priority", "quantile"],
        registry=registry,
    )
    query = select(Escalation.priority, Escalation.at, Escalation.claimed_at).where(
        Escalation.claimed_at > now() - timedelta(days=1)
    )
    waits: dict[int, list[float]] = {}
    for priority, at, claimed in session.execute(query.limit(_MOST_ROWS)):
        if claimed is not None:
            waits.setdefault(priority, []).append((claimed - at).total_seconds())
    for priority, values in waits.items():
        for quantile in _QUANTILES:
            wait.labels(str(priority), str(quantile)).set(_quantile(values, quantile))


def _deliveries(session: Session, registry: CollectorRegistry) -> None:
    shares = Gauge(
        "phlov_delivery_failed_ratio",
        "Share of the last hour's sent messages that failed",
        ["channel"],
        registry=registry,
    )
    since = now() - timedelta(hours=1)
    ended = (Delivery.SENT, Delivery.DELIVERED, Delivery.FAILED)
    query = (
        select(Message.channel, Message.state, func.count())
        .where(Message.direction == Direction.OUT, Message.created_at > since, Message.state.in_(ended))
        .group_by(Message.channel, Message.state)
    )
    found: dict[tuple[str, str], int] = {(c, s): number for c, s, number in session.execute(query)}
    for channel in Channel:
        total = sum(found.get((channel, state), 0) for state in ended)
        shares.labels(channel).set(found.get((channel, Delivery.FAILED), 0) / total if total else 0)


def _quantiles(registry: CollectorRegistry, name: str, help_text: str, values: list[float]) -> None:
    gauge = Gauge(name, help_text, ["quantile"], registry=registry)
    for quantile in _QUANTILES:
        gauge.labels(str(quantile)).set(_quantile(values, quantile))


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def _set(registry: CollectorRegistry, name: str, help_text: str, value: float) -> None:
    Gauge(name, help_text, registry=registry).set(value)


def _age(first: datetime | None) -> float:
    return max(0.0, (now() - first).total_seconds()) if first else 0.0
