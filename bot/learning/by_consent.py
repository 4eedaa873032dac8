"""What a person's yes or no to learning changes.

With a yes, what the rules leave of a message comes to the managers' list at once; without an answer only
after somebody checked it; after a no never. Messages of sensitive conversations are always checked.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit, consent, linked
from bot.intents import SENSITIVE
from bot.learning import examples
from bot.learning.redact import redact
from bot.models import CandidateState, Consent, Contact, Conversation, Escalation, LearningCandidate, Message
from bot.models.conversation import Priority


def may_ask(session: Session, contact: Contact, conversation: Conversation) -> bool:
    """Whether to ask now: once in a lifetime, where there is something to learn from, and never somebody
    who seems a child, was ever in danger, or can't be written to safely."""
    if contact.learning_asked_at is not None or contact.seems_child or conversation.wary:
        return False
    if contact.safe_to_text is False or contact.covered_since is not None:
        return False
    asked = select(Consent.id).where(Consent.contact_id == contact.id, Consent.purpose == consent.LEARN)
    if session.scalars(asked.limit(1)).first() is not None:
        return False
    same_person = [member.id for member in linked.contacts(session, contact)]
    danger = (
        select(Escalation.id)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(Conversation.contact_id.in_({contact.id, *same_person}))
        .where(Escalation.reason.in_(SENSITIVE) | (Escalation.priority <= Priority.SENSITIVE))
    )
    if session.scalars(danger.limit(1)).first() is not None:
        return False
    return bool(_open(session, contact))


def answered(session: Session, contact: Contact, given: bool) -> None:
    """After a yes what was noted is taken, after a no it is forgotten."""
    if given:
        take(session, contact)
    else:
        examples.forget(session, contact)


def take(session: Session, contact: Contact) -> int:
    """Keeps, where the person agreed, what the rules leave of their noted messages; how many.

    What can't be taken as it is (a digit is left, too long) waits for somebody to check it.
    """
    if not consent.is_given(session, contact, consent.LEARN):
        return 0
    session.flush()
    taken = 0
    for candidate, message in _open(session, contact):
        try:
            example = examples.keep(session, candidate, message, redact(message.body), operator=None)
        except examples.NotLearnable:
            continue
        audit.record(session, None, "learn_by_consent", f"message:{message.id}", f"example {example.id}")
        taken += 1
    return taken


def _open(session: Session, contact: Contact) -> list[tuple[LearningCandidate, Message]]:
    """The person's noted messages of conversations that never were sensitive."""
    query = (
        select(LearningCandidate, Message)
        .join(Message, Message.id == LearningCandidate.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.contact_id == contact.id, LearningCandidate.state == CandidateState.OPEN)
        .where(Message.body.is_not(None), ~examples.was_sensitive())
    )
    return [(candidate, message) for candidate, message in session.execute(query) if message.body.strip()]
