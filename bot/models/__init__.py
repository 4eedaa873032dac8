"""All tables."""

from bot.models.base import Base
from bot.models.conversation import (
    Author,
    Conversation,
    Delivery,
    Direction,
    Escalation,
    Message,
    Note,
    Priority,
    State,
)
from bot.models.people import Channel, Consent, Contact, Form, Need
from bot.models.staff import AuditEvent, Operator, Role, StaffSession

__all__ = [
    "AuditEvent",
    "Author",
    "Base",
    "Channel",
    "Consent",
    "Contact",
    "Conversation",
    "Delivery",
    "Direction",
    "Escalation",
    "Form",
    "Message",
    "Need",
    "Note",
    "Operator",
    "Priority",
    "Role",
    "StaffSession",
    "State",
]
