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
from bot.models.needs import FollowUp, Need, Profile, SeriesOptOut, Skill, SpendAlarm
from bot.models.people import Channel, Consent, ConsentText, Contact, Erasure, Form
from bot.models.staff import AuditEvent, Operator, Role, StaffSession

__all__ = [
    "AuditEvent",
    "Author",
    "Base",
    "Channel",
    "Consent",
    "ConsentText",
    "Contact",
    "Conversation",
    "Delivery",
    "Direction",
    "Erasure",
    "Escalation",
    "FollowUp",
    "Form",
    "Message",
    "Need",
    "Note",
    "Operator",
    "Priority",
    "Profile",
    "Role",
    "SeriesOptOut",
    "Skill",
    "SpendAlarm",
    "StaffSession",
    "State",
]
