"""Calling the on-call operator to the queue: a text that says that somebody waits, and no more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from bot import outbox
from bot.models import Conversation, Form, Operator, Priority, Role, State
from bot.models.columns import now
from bot.settings import Settings
from bot.words import say

MOST_PAGES = 4


def page_on_call(session: Session, conversation: Conversation, settings: Settings) -> None:
    """Pages for a conversation that has just entered the queue, at once where it can't wait."""
    urgent = (conversation.priority or Priority.BOT_FAILED) <= Priority.SENSITIVE
    if conversation.state == State.WAITING and urgent and not conversation.pages:
        _page(session, conversation, settings, with_supervisors=False)


def page_again(session: Session, settings: Settings) -> int:
    """Pages for what nobody has claimed in time, now the supervisors too; returns how many."""
    before = now() - timedelta(minutes=settings.page_again_minutes)
    overdue = (
        select(Conversation)
        .where(Conversation.state == State.WAITING, Conversation.pages < MOST_PAGES)
        .where(Conversation.waiting_since < before)
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
    who: ColumnElement[bool] = Operator.on_call.is_(True)
    if with_supervisors:
        who = or_(who, Operator.role == Role.SUPERVISOR)
    for operator in session.scalars(select(Operator).where(Operator.disabled_at.is_(None), who)):
        text = say("page", Form(operator.language), {"brand": settings.brand, "url": settings.public_url})
        outbox.queue_page(session, operator, text)
