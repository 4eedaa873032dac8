"""Who may do what in the console: permissions by role. What isn't listed is denied."""

from __future__ import annotations

from enum import StrEnum

from bot.models import Operator, Role


class Permission(StrEnum):
    OWN_ACCOUNT = "own_account"
    # Conversations.
    QUEUE_READ = "queue_read"
    CONVERSATION_READ = "conversation_read"
    CONVERSATION_ANSWER = "conversation_answer"
    NOTE = "note"
    TRANSFER = "transfer"
    SEARCH = "search"
    SEARCH_WORDS = "search_words"
    SUPERVISE = "supervise"
    # What operators work with.
    CANNED_EDIT = "canned_edit"
    PROTOCOLS_EDIT = "protocols_edit"
    DIRECTORY_READ = "directory_read"
    DIRECTORY_EDIT = "directory_edit"
    JOBS_MODERATE = "jobs_moderate"
    REFERRAL_MAKE = "referral_make"
    REFERRAL_MANAGE = "referral_manage"
    # What the bot says and how it understands.
    FACTS_READ = "facts_read"
    FACTS_EDIT = "facts_edit"
    FACTS_APPROVE = "facts_approve"
    WORDS_EDIT = "words_edit"
    LEARNING_REVIEW = "learning_review"
    MODEL_SWITCH = "model_switch"
    # Figures, staff, trail.
    INSIGHT_READ = "insight_read"
    INSIGHT_EXPORT = "insight_export"
    STAFF_MANAGE = "staff_manage"
    AUDIT_READ = "audit_read"


_P = Permission
_EVERYONE = frozenset({_P.OWN_ACCOUNT})
_OPERATOR = _EVERYONE | {
    _P.QUEUE_READ,
    _P.CONVERSATION_READ,
    _P.CONVERSATION_ANSWER,
    _P.NOTE,
    _P.TRANSFER,
    _P.SEARCH,
    _P.DIRECTORY_READ,
    _P.REFERRAL_MAKE,
    _P.FACTS_READ,
}

# Managers, auditors and administrators do their work without reading what people wrote.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _OPERATOR
    | {_P.SEARCH_WORDS, _P.SUPERVISE, _P.CANNED_EDIT, _P.REFERRAL_MANAGE, _P.INSIGHT_READ},
    Role.MANAGER: _EVERYONE
    | {
        _P.CANNED_EDIT,
        _P.PROTOCOLS_EDIT,
        _P.DIRECTORY_READ,
        _P.DIRECTORY_EDIT,
        _P.JOBS_MODERATE,
        _P.REFERRAL_MANAGE,
        _P.FACTS_READ,
        _P.FACTS_EDIT,
        _P.FACTS_APPROVE,
        _P.WORDS_EDIT,
        _P.LEARNING_REVIEW,
        _P.MODEL_SWITCH,
        _P.INSIGHT_READ,
        _P.INSIGHT_EXPORT,
    },
    Role.AUDITOR: _EVERYONE | {_P.AUDIT_READ, _P.FACTS_READ, _P.INSIGHT_READ},
    Role.ADMINISTRATOR: _EVERYONE | {_P.STAFF_MANAGE},
}


def allows(operator: Operator, permission: Permission) -> bool:
    """Whether the operator's role has `permission`."""
    return permission in PERMISSIONS.get(Role(operator.role), frozenset())
