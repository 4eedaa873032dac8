"""All tables."""

from bot.models.base import Base
from bot.models.casework import CallBack, CallState, Draft, Edition, Mention, ProtocolTick, WrapUp
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
from bot.models.directory import Capacity, DirectoryChange, Organisation, ReferralMethod, Service
from bot.models.insight import InsightSnapshot
from bot.models.jobs import EmployerLink, JobAlert, JobAlertSent, Listing, ListingState
from bot.models.live import LiveEvent, Look, Transfer
from bot.models.needs import FollowUp, Need, Profile, SeriesOptOut, Skill, SpendAlarm
from bot.models.operations import Beat, EncryptionKey
from bot.models.people import Channel, Consent, ConsentText, Contact, Erasure, Form
from bot.models.referral import Referral, ReferralAccess, ReferralEvent, ReferralState
from bot.models.shifts import OnCallShift, QualityReview, Rest
from bot.models.staff import AuditEvent, Operator, Role, StaffSession, Team

__all__ = [
    "AuditEvent",
    "Author",
    "Base",
    "Beat",
    "CallBack",
    "CallState",
    "Capacity",
    "Channel",
    "Consent",
    "ConsentText",
    "Contact",
    "Conversation",
    "Delivery",
    "Direction",
    "DirectoryChange",
    "Draft",
    "Edition",
    "EmployerLink",
    "EncryptionKey",
    "Erasure",
    "Escalation",
    "FollowUp",
    "Form",
    "InsightSnapshot",
    "JobAlert",
    "JobAlertSent",
    "Listing",
    "ListingState",
    "LiveEvent",
    "Look",
    "Mention",
    "Message",
    "Need",
    "Note",
    "OnCallShift",
    "Operator",
    "Organisation",
    "Priority",
    "Profile",
    "ProtocolTick",
    "QualityReview",
    "Referral",
    "ReferralAccess",
    "ReferralEvent",
    "ReferralMethod",
    "ReferralState",
    "Rest",
    "Role",
    "SeriesOptOut",
    "Service",
    "Skill",
    "SpendAlarm",
    "StaffSession",
    "State",
    "Team",
    "Transfer",
    "WrapUp",
]
