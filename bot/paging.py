"""Calling the on-call operator to the queue: a text that says that somebody waits, and no more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot import operators, outbox, shifts, wellbeing
from bot.models import Conversation, Form, Operator, Priority, Role, State
from bot.models.columns import now
from bot.settings import Settings
from bot.words import say

MOST_PAGES = 4


def page_on_call(session: Session, conversation: Conversation, settings: Settings) -> None:
    """Pages for a conversation that has just entered the queue, at once where it can't wait."""
    urgent = (conversation.priority or Priority.BOT_FAILED) <= Priority.SENSITIVE
    if (
        conversation.state == State.WAITING
        and not conversation.pages
        and (urgent or conversation.for_supervisor)
    ):
        _page(session, conversation, settings, with_supervisors=conversation.for_supervisor)


def page_managers(session: Session, settings: Settings) -> None:
    """Tells managers and supervisors on their own phones that a referral has had no answer."""
    roles = Operator.role.in_((Role.MANAGER, Role.SUPERVISOR))
    for operator in session.scalars(select(Operator).where(Operator.disabled_at.is_(None), roles)):
        values = {"brand": settings.brand, "url": settings.public_url}
        outbox.queue_page(session, operator, say("page_managers", Form(operator.language), values))


def page_again(session: Session, settings: Settings) -> int:
    """Pages for what nobody has claimed in time, now the supervisors too; returns how many."""
    before = now() - timedelta(minutes=settings.page_again_minutes)
    overdue = (
        select(Conversation)
        .where(Conversation.state == State.WAITING, Conversation.pages < MOST_PAGES)
        .where(func.coalesce(Conversation.queued_at, Conversation.waiting_since) < before)
        .where(or_(Conversation.paged_at.is_(None), Conversation.paged_at < before))
        .with_for_update(skip_locked=True)
    )
    conversations = list(session.scalars(overdue))
    for conversation in conversations:
        _page(session, conversation, settings, with_supervisors=conversation.pages > 0)
    return len(conversations)


def _page(session: Session, conversation: Conversation, settings: Settings, with_supervisors: bool) -> None:
    conversation.pages += 1
    conversation.paged_at = now()
    for operator in _whom(session, with_supervisors):
        text = say("page", Form(operator.language), {"brand": settings.brand, "url": settings.public_url})
        outbox.queue_page(session, operator, text)


def _whom(session: Session, with_supervisors: bool) -> list[Operator]:
    """Who is on call now; when nobody came, or nobody is on call, also backups and supervisors."""
    first, backups = shifts.on_call(session)
    found = [*first, *(backups if with_supervisors or not first else [])]
    if with_supervisors or not found:
        found += operators.supervisors(session)
    resting = wellbeing.resting(session)
    awake = [operator for operator in found if operator.id not in resting]
    # Somebody has to come: better a break cut short than nobody.
    return list({operator.id: operator for operator in awake or found}.values())
