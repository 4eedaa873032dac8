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
from bot.models.edits import (
    CallOutcome,
    ChangeMark,
    EditState,
    FactEdit,
    HotlineCall,
    WordEdit,
    WordReview,
)
from bot.models.insight import InsightSnapshot
from bot.models.jobs import EmployerLink, JobAlert, JobAlertSent, Listing, ListingState
from bot.models.learning import CandidateState, ExampleState, LearningCandidate, LearningExample, Why
from bot.models.live import LiveEvent, Look, Transfer
from bot.models.needs import DayAlarm, FollowUp, Need, Profile, SeriesOptOut, Skill, SpendAlarm
from bot.models.operations import Beat, EncryptionKey
from bot.models.people import Channel, Consent, ConsentText, Contact, Erasure, Form
from bot.models.referral import Referral, ReferralAccess, ReferralEvent, ReferralState
from bot.models.shifts import OnCallShift, QualityReview, Rest
from bot.models.staff import AuditEvent, Opening, Operator, RecoveryCode, Role, StaffSession, Team

__all__ = [
    "AuditEvent",
    "Author",
    "Base",
    "Beat",
    "CallBack",
    "CallOutcome",
    "CallState",
    "CandidateState",
    "Capacity",
    "ChangeMark",
    "Channel",
    "Consent",
    "ConsentText",
    "Contact",
    "Conversation",
    "DayAlarm",
    "Delivery",
    "Direction",
    "DirectoryChange",
    "Draft",
    "EditState",
    "Edition",
    "EmployerLink",
    "EncryptionKey",
    "Erasure",
    "Escalation",
    "ExampleState",
    "FactEdit",
    "FollowUp",
    "Form",
    "HotlineCall",
    "InsightSnapshot",
    "JobAlert",
    "JobAlertSent",
    "LearningCandidate",
    "LearningExample",
    "Listing",
    "ListingState",
    "LiveEvent",
    "Look",
    "Mention",
    "Message",
    "Need",
    "Note",
    "OnCallShift",
    "Opening",
    "Operator",
    "Organisation",
    "Priority",
    "Profile",
    "ProtocolTick",
    "QualityReview",
    "RecoveryCode",
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
    "Why",
    "WordEdit",
    "WordReview",
    "WrapUp",
]
