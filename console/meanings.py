"""What a message can mean, in plain words for operators and managers: one for each intent."""

from __future__ import annotations

from bot import intents
from console.language import N_
from console.language import gettext as _

_WORDS = {
    "medical_emergency": N_("medical emergency"),
    "child_protection": N_("a child in danger"),
    "trafficking": N_("held or exploited"),
    "gbv": N_("violence or abuse"),
    "distress": N_("distress"),
    "ask_human": N_("wants to talk with a person"),
    "ask_callback": N_("wants to be called"),
    "doc_national_id": N_("identity card"),
    "doc_birth_certificate": N_("birth certificate"),
    "doc_family_book": N_("family book"),
    "doc_passport": N_("passport"),
    "doc_civil_other": N_("marriage, name or Thai papers"),
    "job_find": N_("finding work"),
    "job_training": N_("training"),
    "job_skill_recognition": N_("recognition of skills"),
    "job_business": N_("a business of one's own"),
    "job_migrate_again": N_("going abroad again"),
    "job_unpaid_wages": N_("unpaid wages"),
    "need_debt": N_("debt"),
    "need_health": N_("health"),
    "need_school": N_("school"),
    "need_shelter_travel": N_("a place to stay, travel"),
    "need_food_cash": N_("food or money"),
    "need_legal": N_("law"),
    "greet": N_("a greeting"),
    "thanks_bye": N_("thanks or goodbye"),
    "affirm": N_("yes"),
    "deny": N_("no"),
    "menu_help": N_("asks what the helpline does"),
    "change_language": N_("wants another language"),
    "privacy": N_("asks who reads this and what is kept"),
    "stop": N_("wants no more messages"),
    "delete_data": N_("wants everything deleted"),
    "out_of_scope": N_("nothing that the helpline is for"),
}


def meaning(intent: str) -> str:
    """The intent in words; its name where it has none."""
    return _(_WORDS[intent]) if intent in _WORDS else intent


def groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """All meanings to choose from, with the name of their group."""
    named = (
        (_("Danger"), intents.SENSITIVE),
        (_("A person"), intents.HANDOFF),
        (_("Papers"), intents.DOCUMENTS),
        (_("Work"), intents.JOBS),
        (_("Needs"), intents.NEEDS),
        (_("The conversation itself"), intents.CONTROL),
    )
    return [(name, [(intent, meaning(intent)) for intent in members]) for name, members in named]
