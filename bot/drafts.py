"""Drafts: what an operator has begun to write in a conversation, kept encrypted until it is sent."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.models import Conversation, Draft, Operator
from bot.models.columns import now


def of(session: Session, conversation: Conversation, operator: Operator) -> str:
    """What this operator has begun to write there, "" where nothing."""
    draft = session.get(Draft, (conversation.id, operator.id))
    return draft.body if draft else ""


def keep(session: Session, conversation: Conversation, operator: Operator, text: str) -> None:
    """Keeps `text` as the draft; an empty one is taken away."""
    if not text.strip():
        drop(session, conversation, operator)
        return
    draft = session.get(Draft, (conversation.id, operator.id))
    if draft is None:
        session.add(Draft(conversation_id=conversation.id, operator_id=operator.id, body=text))
    else:
        draft.body, draft.at = text, now()


def drop(session: Session, conversation: Conversation, operator: Operator | None = None) -> None:
    """Takes away the operator's draft, or everybody's."""
    query = delete(Draft).where(Draft.conversation_id == conversation.id)
    session.execute(query.where(Draft.operator_id == operator.id) if operator else query)
