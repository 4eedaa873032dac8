"""The helpline's intents by group; the names are the taxonomy's and those of flows/domain.yml."""

from __future__ import annotations

SENSITIVE = ("medical_emergency", "child_protection", "trafficking", "gbv", "distress")
HANDOFF = ("ask_human", "ask_callback")
DOCUMENTS = ("doc_national_id", "doc_birth_certificate", "doc_family_book", "doc_passport", "doc_civil_other")
JOBS = (
    "job_find",
    "job_training",
    "job_skill_recognition",
    "job_business",
    "job_migrate_again",
    "job_unpaid_wages",
)
NEEDS = ("need_debt", "need_health", "need_school", "need_shelter_travel", "need_food_cash", "need_legal")
CONTROL = (
    "greet",
    "thanks_bye",
    "affirm",
    "deny",
    "menu_help",
    "change_language",
    "privacy",
    "stop",
    "delete_data",
    "out_of_scope",
)
# What a person can be asked whether they meant: what has an answer of its own.
OFFERABLE_CONTROL = ("menu_help", "change_language", "privacy", "stop", "delete_data")
TOPICS = (*DOCUMENTS, *JOBS, *NEEDS)
OFFERABLE = (*TOPICS, *OFFERABLE_CONTROL)
ALL = (*SENSITIVE, *HANDOFF, *TOPICS, *CONTROL)
