"""The interview's place in the dialogue: begin, go on after an interruption, leave, go on another day.

The brain's form holds which question is open and the answers so far, as codes among its events; so
they are encrypted with the conversation, and gone with it. Functions here are pure but for the call
of the brain.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.brain import Brain, BrainTurn, BrainUnavailable, Events
from bot.decision import Act, Decision, Outcome, Situation
from bot.models import Priority
from bot.needs import codes
from bot.needs.codes import ENTITIES, SEVERAL
from bot.needs.reading import Reading

FORM = "interview_form"
SKIP = "/deny"

_GO_ON = '/affirm{"interview":"on"}'
_ANSWER_SLOTS = (
    "needs",
    "need_province",
    "district",
    "household",
    "returned",
    "return_month",
    "skills",
    "reach",
)
_OWN_SLOTS = (*_ANSWER_SLOTS, "interview", "requested_slot")
# After these the person has something else to choose from; the interview waits.
_WITH_CHOICES = (
    "menu",
    "change_language",
    "ask_delete",
    "offer",
    "stop",
    "my_data",
    "handoff",
    "keep_answers",
)


def slots(events: Events) -> dict[str, Any]:
    """The slots that `events` leave."""
    return {event["name"]: event.get("value") for event in events if event.get("event") == "slot"}


def open_question(events: Events) -> str | None:
    """The slot of the question that is open, None where none is."""
    form = next((e.get("name") for e in events if e.get("event") == "active_loop"), None)
    return slots(events).get("requested_slot") if form == FORM else None


def asks_consent(events: Events) -> bool:
    """Whether the open question, of whichever form, is that of consent."""
    in_form = any(event.get("event") == "active_loop" for event in events)
    return in_form and slots(events).get("requested_slot") == "consent"


def is_on(events: Events) -> bool:
    """Whether an interview has begun and is neither finished nor left."""
    return slots(events).get("interview") == "on"


def is_left(events: Events) -> bool:
    """Whether there is an unfinished interview to go on with."""
    return slots(events).get("interview") in ("paused", "left")


def paused(events: Events, state: str = "paused") -> Events:
    """What stays of `events` after a day, or when the person leaves the interview: its answers."""
    if not is_on(events) and not is_left(events):
        return []
    kept = [{"event": "slot", "name": n, "value": v} for n, v in slots(events).items() if n in _ANSWER_SLOTS]
    return [*kept, {"event": "slot", "name": "interview", "value": state}]


def begin(events: Events, brain: Brain, anew: bool) -> BrainTurn:
    """The first open question; `anew` drops earlier answers. Raises BrainUnavailable."""
    # A no of before doesn't count against who begins of their own accord.
    rest = [e for e in events if e.get("name") != "consent" or e.get("value")]
    rest = [e for e in rest if not (anew and e.get("name") in _OWN_SLOTS)]
    return brain.turn([e for e in rest if e.get("name") != "interview"], _GO_ON, picked=True)


def answer(events: Events, reading: Reading, brain: Brain) -> BrainTurn:
    """The turn on an answer that the body has read. Raises BrainUnavailable."""
    return brain.turn(events, f"/affirm{json.dumps(reading)}", picked=True)


def own_words(question: str) -> Reading:
    """The reading of an answer that fits no code: it is kept apart, in the person's own words."""
    return {ENTITIES[question]: codes.OWN}


def combined(payloads: list[str]) -> str | None:
    """One payload of several picked by number; None where they don't go together."""
    picked = [_reading(payload) for payload in payloads if payload != SKIP]
    names = {name for reading in picked for name in reading}
    if not picked or not all(picked) or len(names) != 1 or names.isdisjoint(ENTITIES[q] for q in SEVERAL):
        return None
    name = names.pop()
    return f"/affirm{json.dumps({name: list(dict.fromkeys(reading[name] for reading in picked))})}"


def after(decision: Decision, situation: Situation, brain: Brain) -> Decision:
    """`decision` with what the interview adds to it: the open question again after an interruption,
    the answers where it is over, the offer to go on on another day."""
    if decision.outcome is not Outcome.ANSWER:
        return decision
    if decision.events is None:
        return _after_own_command(decision, situation)
    if any(act["do"] == "keep_answers" for act in decision.acts):
        return _finished(decision)
    if is_left(decision.events):
        return _offer_to_go_on(decision)
    if not is_on(decision.events):
        return decision
    if open_question(decision.events) is None and not _offers_choices(decision.acts):
        decision = _go_on(decision, brain)
    if open_question(decision.events or []) and situation.consent_given:
        told = {"do": "note_answers", "slots": slots(decision.events or [])}
        decision = replace(decision, acts=[told, *decision.acts])
    return decision


def _after_own_command(decision: Decision, situation: Situation) -> Decision:
    question = open_question(situation.events)
    if question and all(act["do"] in ("language", "note") for act in decision.acts):
        return replace(decision, acts=[*decision.acts, ask(question)])
    return decision


def ask(question: str) -> Act:
    """The act that puts the question of this slot."""
    return {"do": "ask", "what": "place" if question == "need_province" else question}


def _go_on(decision: Decision, brain: Brain) -> Decision:
    events = decision.events or []
    if any(e.get("event") == "active_loop" and e.get("name") == "place_form" for e in events):
        return decision  # where the person is, is asked first: it completes the answer
    try:
        turn = brain.turn(events, _GO_ON, picked=True)
    except BrainUnavailable:
        return decision
    # The interview asks for place and consent itself.
    acts = [act for act in decision.acts if act["do"] not in ("ask", "keep_need")]
    return replace(decision, acts=[*acts, *turn.acts], events=turn.events)


def _finished(decision: Decision) -> Decision:
    events = decision.events or []
    told = slots(events)
    found = codes.answers(told)
    acts = [{**act, "slots": told} if act["do"] == "keep_answers" else act for act in decision.acts]
    events = [e for e in events if e.get("name") not in _OWN_SLOTS]
    decision = replace(decision, acts=acts, events=events)
    if found.reach == "call":
        reason = "asked_for_call"
    elif "talk" in found.needs or found.woman:
        reason = "asked_for_person"
    else:
        return decision
    acts = [{**act, "handed_over": True} if act["do"] == "keep_answers" else act for act in acts]
    acts.append({"do": "escalated", "reason": reason})
    reason = "asked_for_woman" if found.woman else reason
    priority = Priority.ASKED_FOR_PERSON
    return replace(decision, outcome=Outcome.ESCALATE, acts=acts, reason=reason, priority=priority)


def _offer_to_go_on(decision: Decision) -> Decision:
    events = decision.events or []
    if slots(events).get("interview") == "left" or _offers_choices(decision.acts, but_menus=True):
        return decision
    return replace(decision, acts=[*decision.acts, {"do": "offer_to_go_on"}], events=paused_again(events))


def paused_again(events: Events) -> Events:
    """`events` once the offer to go on was made: it isn't repeated by itself."""
    return [{**e, "value": "left"} if e.get("name") == "interview" else e for e in events]


def _offers_choices(acts: list[Act], but_menus: bool = False) -> bool:
    return any(act["do"] in _WITH_CHOICES and not (but_menus and act["do"] == "menu") for act in acts)


def _reading(payload: str) -> dict[str, str]:
    name, _, values = payload.partition("{")
    if name != "/affirm" or not values:
        return {}
    reading = json.loads("{" + values)
    return reading if isinstance(reading, dict) else {}
