"""Naming a service near the person where they asked about a need: once the place is known, told once.

Pure: works on the brain's acts and on its state before and after the turn.
"""

from __future__ import annotations

from bot.brain import Events
from bot.decision import Act
from bot.intents import NEEDS
from bot.needs.interview import slots
from bot.places import provinces


def with_service(acts: list[Act], before: Events, after: Events) -> list[Act]:
    """`acts` with the nearest service where a need is answered or its place was just told, and with the
    choice of another one where the need's question is over."""
    told = slots(after)
    topic, province = told.get("topic"), told.get("need_province")
    if topic not in NEEDS or province not in provinces():
        return acts
    place = {"topic": topic, "province": province}
    answered = next((i for i, act in enumerate(acts) if act["do"] == "answer"), None)
    if answered is not None:
        acts = [*acts[: answered + 1], {"do": "near", **place}, *acts[answered + 1 :]]
    elif _asked_place(before) and slots(before).get("need_province") != province:
        acts = [{"do": "near", **place}, *acts]
    if any(act["do"] == "keep_need" for act in acts):
        acts = [*acts, {"do": "offer_service", **place}]
    return acts


def _asked_place(events: Events) -> bool:
    in_form = any(e.get("event") == "active_loop" and e.get("name") == "need_form" for e in events)
    return in_form and slots(events).get("requested_slot") == "need_province"
