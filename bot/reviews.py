"""Looking over closed conversations: a random sample of the last week, rated and commented on."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Conversation, Escalation, Operator, QualityReview, State
from bot.models.columns import now

LOOK_BACK = timedelta(days=7)
MOST_DRAWN = 50
RATINGS = ("safety", "warmth", "facts", "next_step")
HIGHEST = 4


class OwnWork(Exception):
    """Nobody reviews a conversation that they answered themselves."""


@dataclass(frozen=True)
class Ratings:
    """From 1 (poor) to 4 (good); None where it doesn't apply."""

    safety: int | None
    warmth: int | None
    facts: int | None
    next_step: int | None
    comment: str

    def __post_init__(self) -> None:
        values = (self.safety, self.warmth, self.facts, self.next_step)
        if any(value is not None and not 1 <= value <= HIGHEST for value in values):
            raise ValueError("a rating is from 1 to 4")


def draw(session: Session, by: Operator, number: int) -> int:
    """Adds up to `number` conversations that people answered and closed in the last week, by chance
    and each at most once; returns how many there were."""
    answered = select(Escalation.id).where(
        Escalation.conversation_id == Conversation.id, Escalation.operator_id.is_not(None)
    )
    drawn = select(QualityReview.conversation_id)
    query = select(Conversation.id).where(
        Conversation.state == State.CLOSED,
        Conversation.closed_at > now() - LOOK_BACK,
        answered.exists(),
        Conversation.id.not_in(drawn),
    )
    ids = list(session.scalars(query))
    chosen = random.sample(ids, min(number, MOST_DRAWN, len(ids)))
    session.add_all(QualityReview(conversation_id=one, drawn_by_id=by.id) for one in chosen)
    audit.record(session, by, "review_draw", "quality_review", f"{len(chosen)} of {len(ids)}")
    return len(chosen)


def answered_by(session: Session, conversation_id: int) -> list[Operator]:
    """Who had the conversation."""
    had = select(Escalation.operator_id).where(Escalation.conversation_id == conversation_id)
    return list(session.scalars(select(Operator).where(Operator.id.in_(had)).order_by(Operator.id)))


def rate(session: Session, by: Operator, review: QualityReview, ratings: Ratings) -> None:
    """Keeps the ratings and the comment, in place of earlier ones. Raises OwnWork."""
    if by.id in {operator.id for operator in answered_by(session, review.conversation_id)}:
        raise OwnWork
    for name in RATINGS:
        setattr(review, name, getattr(ratings, name))
    review.comment = ratings.comment or None
    review.reviewer_id, review.reviewed_at = by.id, now()
    audit.record(session, by, "review", f"conversation:{review.conversation_id}")


def averages(session: Session, days: int = 90) -> dict[str, float]:
    """The mean of each rating over the reviews of that time, where there are any."""
    columns = [func.avg(getattr(QualityReview, name)) for name in RATINGS]
    since = now() - timedelta(days=days)
    row = session.execute(select(*columns).where(QualityReview.reviewed_at > since)).one()
    return {name: float(value) for name, value in zip(RATINGS, row, strict=True) if value is not None}
