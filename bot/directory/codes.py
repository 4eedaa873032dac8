"""The coded values of directory entries, so that all forms of the language can tell them."""

from __future__ import annotations

NEEDS = (
    "work",
    "training",
    "papers",
    "debt",
    "health",
    "school",
    "shelter",
    "food_cash",
    "legal",
    "talk",
    "violence",
    "trafficking",
    "child",
)
# Entries for these are named and referred to by an operator only.
SENSITIVE_NEEDS = frozenset({"violence", "trafficking", "child"})
KINDS = (
    "passport_office",
    "migrant_resource_centre",
    "job_centre",
    "hotline",
    "legal_aid",
    "training_centre",
    "health_centre",
    "local_authority",
    "ngo",
    "shelter",
    "school",
    "other",
)
ELIGIBILITY = ("anyone", "returnees", "women", "children", "youth", "poor_card", "disability", "survivors")
COSTS = ("free", "paid", "unknown")
LANGUAGES = ("km", "en", "th", "vi", "sign")
PARTNER_LANGUAGES = ("km", "en")
# Which need a topic of conversation (an intent) is about, where its services help with it.
NEED_OF_TOPIC = {
    "job_find": "work",
    "job_training": "training",
    "job_skill_recognition": "training",
    "job_unpaid_wages": "legal",
    "need_debt": "debt",
    "need_health": "health",
    "need_school": "school",
    "need_shelter_travel": "shelter",
    "need_food_cash": "food_cash",
    "need_legal": "legal",
}
