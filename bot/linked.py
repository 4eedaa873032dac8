"""One person on several channels: contacts that an operator has linked, and their history."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Contact, Conversation, Operator


def contacts(session: Session, contact: Contact) -> list[Contact]:
    """`contact` and all that are linked with it, in the order in which they first wrote."""
    if contact.person_id is None:
        return [contact]
    query = select(Contact).where(Contact.person_id == contact.person_id).order_by(Contact.id)
    return list(session.scalars(query))


def link(session: Session, operator: Operator, contact: Contact, other: Contact) -> None:
    """Makes both one person, with all that each is linked with already. Raises ValueError for itself."""
    if contact.id == other.id:
        raise ValueError("a contact can't be linked with itself")
    group = {c.id: c for c in (*contacts(session, contact), *contacts(session, other))}
    person = min(group)
    for member in group.values():
        member.person_id = person
    audit.record(session, operator, "contact_link", f"contact:{contact.id}", f"contact:{other.id}")
    session.flush()


def unlink(session: Session, operator: Operator, contact: Contact) -> None:
    """Takes `contact` out of its group; a group of one is none."""
    rest = [member for member in contacts(session, contact) if member.id != contact.id]
    contact.person_id = None
    for member in rest:
        member.person_id = min(m.id for m in rest) if len(rest) > 1 else None
    audit.record(session, operator, "contact_unlink", f"contact:{contact.id}")
    session.flush()


def by_alias(session: Session, alias: str) -> Contact | None:
    """The contact of this alias, however it is spaced and capitalised."""
    wanted = " ".join(alias.casefold().split())
    return session.scalars(select(Contact).where(Contact.alias == wanted)).first()


def earlier(session: Session, conversation: Conversation, most: int) -> list[Conversation]:
    """The newest `most` other conversations of the person, on any of their channels."""
    contact = conversation.contact
    mine = Conversation.contact_id == contact.id
    if contact.person_id is not None:
        group = select(Contact.id).where(Contact.person_id == contact.person_id)
        mine = or_(mine, Conversation.contact_id.in_(group))
    query = select(Conversation).where(mine, Conversation.id != conversation.id)
    return list(session.scalars(query.order_by(Conversation.id.desc()).limit(most)))
