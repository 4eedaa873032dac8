"""What a message can mean, in plain words for operators and managers: one for each intent."""

from __future__ import annotations

from bot import intents
from console.language import gettext as _


def meaning(intent: str) -> str:
    """The intent in words; its name where it has none."""
    words = {
        "medical_emergency": _("medical emergency"),
        "child_protection": _("a child in danger"),
        "trafficking": _("held or exploited"),
        "gbv": _("violence or abuse"),
        "distress": _("distress"),
        "ask_human": _("wants to talk with a person"),
        "ask_callback": _("wants to be called"),
        "doc_national_id": _("identity card"),
        "doc_birth_certificate": _("birth certificate"),
        "doc_family_book": _("family book"),
        "doc_passport": _("passport"),
        "doc_civil_other": _("marriage, name or Thai papers"),
        "job_find": _("finding work"),
        "job_training": _("training"),
        "job_skill_recognition": _("recognition of skills"),
        "job_business": _("a business of one's own"),
        "job_migrate_again": _("going abroad again"),
        "job_unpaid_wages": _("unpaid wages"),
        "need_debt": _("debt"),
        "need_health": _("health"),
        "need_school": _("school"),
        "need_shelter_travel": _("a place to stay, travel"),
        "need_food_cash": _("food or money"),
        "need_legal": _("law"),
        "greet": _("a greeting"),
        "thanks_bye": _("thanks or goodbye"),
        "affirm": _("yes"),
        "deny": _("no"),
        "menu_help": _("asks what the helpline does"),
        "change_language": _("wants another language"),
        "privacy": _("asks who reads this and what is kept"),
        "stop": _("wants no more messages"),
        "delete_data": _("wants everything deleted"),
        "out_of_scope": _("nothing that the helpline is for"),
    }
    return words.get(intent, intent)


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
