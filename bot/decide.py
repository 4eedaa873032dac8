"""What to do with one message: the opt-out words, the safety gate, then the brain.

Pure apart from the call of the brain: no database, no sending. The worker carries the decision out
(bot/turn.py); `phlov eval` and `phlov chat` take the very same way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from bot import phrases, picks, safe_contact, safety
from bot.brain import Brain, BrainTurn, BrainUnavailable, Events, Understanding
from bot.decision import Act, Decision, Incoming, Outcome, Situation
from bot.intents import HANDOFF, OFFERABLE
from bot.jobs.fraud import signs_in_message
from bot.models import Form, Priority, State
from bot.needs import ending, interview, near, reading
from bot.needs.codes import ENTITIES
from bot.replies import MORE, PERSON, SAFE, UNSAFE
from nlu.khmer import normalise
from nlu.khmer.form import detect, script

_WORDS_TO_SWITCH = 3
_CLEAR_YES = 0.9
# What whoever holds the phone may go on with once the code word was used.
_HARMLESS = ("!menu:", "/doc_", "/job_", MORE)
MEDIA_KINDS = ("photo", "sticker", "voice", "video", "location", "contact", "file")


def decide(incoming: Incoming, situation: Situation, brain: Brain) -> Decision:
    """The decision on `incoming`. Never raises for what people write or for a brain that is down."""
    decision = _decide(incoming, situation, brain)
    if situation.covered or decision.reason == safe_contact.CODE_WORD:
        return decision
    decision = interview.after(decision, situation, brain)
    age = reading.own_age(normalise(incoming.text))
    if age is not None and age < reading.CHILD_BELOW:
        decision = replace(decision, acts=[{"do": "note_child"}, *decision.acts])
    told = reading.about_self(normalise(incoming.text))
    if told and situation.state == State.BOT:
        decision = replace(decision, acts=[*decision.acts, {"do": "note", "about": told}])
    if _is_calm_goodbye(decision, situation):
        decision = replace(decision, acts=[*decision.acts, {"do": "ask_learn"}])
    signs = signs_in_message(incoming.text) if decision.outcome in (Outcome.ANSWER, Outcome.OFFER) else []
    return (
        replace(decision, acts=[{"do": "warn_offer", "signs": signs}, *decision.acts]) if signs else decision
    )


def _is_calm_goodbye(decision: Decision, situation: Situation) -> bool:
    """Thanks or goodbye to the bot, with nothing open and no sign of danger: a moment to ask a favour."""
    return (
        decision.intent == "thanks_bye"
        and decision.outcome is Outcome.ANSWER
        and situation.state == State.BOT
        and not situation.wary
        and not decision.is_sign_of_danger
        and interview.open_question(decision.events or []) is None
    )


def _decide(incoming: Incoming, situation: Situation, brain: Brain) -> Decision:
    text = normalise(incoming.text)
    form = _form(text, situation)
    if picks.asks_stop(text):
        return _answer(form, "stop", {"do": "stop"})
    if safe_contact.as_code_word(text) in situation.code_words:
        return _cover(form)
    signs = safety.look(incoming.text, detect(text)[0] or situation.form, situation.wary)
    if situation.covered:
        return _while_covered(incoming, text, situation, form, signs, brain)
    with_a_person = situation.state in (State.WAITING, State.WITH_OPERATOR)
    if signs.at_once:
        return _more_urgent(form, signs.at_once) if with_a_person else _escalate(form, signs.at_once)
    asked = phrases.own_data(text)
    if asked == "withdraw":
        return _answer(form, "privacy", {"do": "withdraw"})
    if with_a_person:
        return _while_with_a_person(incoming, text, situation, form, signs, brain)
    if picks.asks_start(text) and situation.stopped:
        return _answer(form, "menu_help", {"do": "start"})
    if picks.asks_delete(text):
        return _answer(form, "delete_data", {"do": "ask_delete"})
    if asked == "my_data":
        return _answer(form, "privacy", {"do": "my_data"})
    if (reading.own_age(text) or reading.CHILD_BELOW) < reading.CHILD_BELOW:
        return _child_alone(form)
    payload = _payload(incoming, text, situation)
    if payload:
        return _picked(payload, situation, form, brain)
    if incoming.kind in MEDIA_KINDS and not text:
        return _answer(form, "out_of_scope", {"do": "menu", "say": "cannot_read_media"})
    if picks.number(text) is not None:
        return Decision(Outcome.OFFER, form, [{"do": "repeat_options"}])
    if script(text) is None:
        return Decision(Outcome.OFFER, form, [{"do": "menu", "say": "no_words", "person_first": True}])
    if script(text) == "other":
        if situation.not_understood:
            return _bot_failed(form, "not_understood")
        return Decision(Outcome.OFFER, form, [{"do": "other_language"}])
    return _understood(text, situation, form, signs, brain)


def _understood(text: str, situation: Situation, form: Form, signs: safety.Signs, brain: Brain) -> Decision:
    try:
        turn = brain.turn(situation.events, text)
    except BrainUnavailable:
        judged = signs.without_brain
        if judged.verdict is safety.Verdict.ESCALATE:
            return _escalate(form, judged)
        return _bot_failed(form, "brain_unavailable")
    judged = safety.judge(signs, turn.understanding)
    question = interview.open_question(situation.events)
    if question and not signs.alarmed and reading.is_bare(question, text):
        judged = safety.Judgement(safety.Verdict.PASS, evidence=judged.evidence)
    if judged.verdict is safety.Verdict.ESCALATE:
        return _escalate(form, judged)
    answer = _answer_in_words(text, situation, form, turn, judged, brain)
    # What is over is read so narrowly (no word of life, of others, no "but") that a brain in doubt may be
    # overruled; a sign of danger may not.
    over = ending.read(text) if situation.needs_noted and not signs.alarmed and not situation.wary else None
    if over and not interview.asks_consent(situation.events):
        act = {"do": "no_longer", "kinds": list(over.kinds), "others": list(over.others), "met": over.met}
        return Decision(Outcome.ANSWER, form, [act], turn.understanding.intent, evidence=judged.evidence)
    if answer:
        return answer
    may_be_answer = _answers_open_question(situation, turn) and (
        judged.mention_enough or not judged.person_first
    )
    if judged.verdict is safety.Verdict.OFFER and not may_be_answer:
        if situation.not_understood:
            return _bot_failed(form, "not_understood")
        act = {"do": "offer", "intents": list(judged.options), "person_first": judged.person_first}
        return Decision(Outcome.OFFER, form, [act], options=judged.options, evidence=judged.evidence)
    decision = _from_brain(turn, situation.events, form, judged.evidence)
    if signs.denied and decision.outcome is Outcome.ANSWER:
        decision = _with_person(decision, is_sign=False)
    return decision


def _answer_in_words(
    text: str, situation: Situation, form: Form, turn: BrainTurn, judged: safety.Judgement, brain: Brain
) -> Decision | None:
    """The decision where `text` answers a question of ours in the person's own words, else None."""
    understood = turn.understanding
    is_clear = judged.verdict is safety.Verdict.PASS
    chosen = picks.by_word(situation.options, understood.intent) if is_clear else None
    if chosen and not any(event.get("event") == "active_loop" for event in situation.events):
        return _picked(chosen, situation, form, brain)
    place = understood.entities.get("province")
    a_place_alone = bool(place) and not is_clear and not judged.person_first
    if interview.asks_consent(situation.events) and (
        a_place_alone or not _is_clear_answer(understood, bool(place))
    ):
        ask = {"do": "ask", "what": "consent"}
        return Decision(Outcome.ANSWER, form, [ask], understood.intent, evidence=judged.evidence)
    if place and phrases.says_moved(text) and situation.is_known:
        district = next(iter(understood.entities.get("district", [])), None)
        act = {"do": "moved", "province": place[0], "district": district}
        return Decision(Outcome.ANSWER, form, [act], understood.intent, evidence=judged.evidence)
    question = interview.open_question(situation.events)
    if question not in ENTITIES or not _is_answered_otherwise(turn, question):
        return None  # nothing is open, or the question of consent, which only a yes or no answers
    read = reading.read(question, text, understood, date.today())
    own = None
    if read is None:
        if judged.person_first and not judged.mention_enough:
            return None
        is_other = understood.intent in OFFERABLE or understood.intent in HANDOFF
        is_other = is_other and (question, understood.intent) != ("skills", "job_skill_recognition")
        if reading.is_question(text) or (is_other and is_clear):
            return None
        read, own = interview.own_words(question), {"do": "note", "question": question, "words": text}
    try:
        answered = interview.answer(situation.events, read, brain)
    except BrainUnavailable:
        return None
    acts = [*([own] if own else []), *answered.acts]
    taken = Decision(Outcome.ANSWER, form, acts, "affirm", events=answered.events, evidence=judged.evidence)
    # A place or a number is no disclosure for being likened to one a little; words of one's own may be.
    in_doubt = judged.person_first and (own is not None or not judged.mention_enough)
    return _with_person(taken, is_sign=True) if in_doubt else taken


def _with_person(decision: Decision, is_sign: bool) -> Decision:
    """`decision`, saying too that a person is there; `is_sign` where that is for a sign of danger."""
    act = {"do": "say", "say": "person_is_there", "person_first": is_sign}
    return replace(decision, acts=[*decision.acts, act])


def _is_clear_answer(understood: Understanding, names_place: bool) -> bool:
    """Whether words may count as the answer to a question of consent: a yes only if there is no doubt."""
    if understood.intent == "affirm":
        return understood.confidence >= _CLEAR_YES and not names_place
    return understood.intent != "deny" or not names_place


def _is_answered_otherwise(turn: BrainTurn, question: str) -> bool:
    """Whether the brain itself took the words for no answer to `question`."""
    if any(act["do"] == "keep_answers" for act in turn.acts):
        return False  # the form came to its end
    return interview.open_question(turn.events) in (question, None)


def _from_brain(turn: BrainTurn, before: Events, form: Form, evidence: dict[str, Any]) -> Decision:
    handoff = next((act for act in turn.acts if act["do"] == "handoff"), None)
    intent = turn.understanding.intent
    if handoff:
        asked = str(handoff.get("reason", "asked_for_person"))
        sensitive = asked == "sensitive"
        priority = Priority.SENSITIVE if sensitive else Priority.ASKED_FOR_PERSON
        return _hand_over(form, asked, intent if sensitive else asked, priority, intent, evidence)
    if any(act["do"] == "offer" for act in turn.acts):
        return Decision(Outcome.OFFER, form, turn.acts, evidence=evidence)
    acts = near.with_service(turn.acts, before, turn.events)
    return Decision(Outcome.ANSWER, form, acts, intent, events=turn.events, evidence=evidence)


def _while_with_a_person(
    incoming: Incoming, text: str, situation: Situation, form: Form, signs: safety.Signs, brain: Brain
) -> Decision:
    """The bot stays silent; only what makes the case more urgent is noted."""
    answer = incoming.payload or picks.number(text)
    if answer in (SAFE, UNSAFE) or (situation.safety_asked and answer in ("1", "2")):
        return Decision(Outcome.SILENT, form, [{"do": "note_safety", "safe": answer in (SAFE, "1")}])
    if not text:
        return Decision(Outcome.SILENT, form)
    try:
        judged = safety.judge(signs, brain.turn([], text).understanding)
    except BrainUnavailable:
        judged = signs.without_brain
    if judged.verdict is safety.Verdict.ESCALATE:
        return _more_urgent(form, judged)
    return Decision(Outcome.SILENT, form)


def _cover(form: Form) -> Decision:
    """The code word: nothing but a harmless menu for whoever reads it, and a person is told."""
    acts = [{"do": "cover"}, {"do": "menu"}]
    return Decision(Outcome.ANSWER, form, acts, reason=safe_contact.CODE_WORD, priority=Priority.SENSITIVE)


def _while_covered(
    incoming: Incoming, text: str, situation: Situation, form: Form, signs: safety.Signs, brain: Brain
) -> Decision:
    """Somebody else may hold the phone: everyday questions are answered, anything else gets the menu.

    Signs of danger still reach the people who have the conversation; nothing is said of them.
    """
    menu = [{"do": "menu"}]
    if signs.at_once:
        return replace(_more_urgent(form, signs.at_once), acts=menu, outcome=Outcome.ANSWER)
    if situation.state not in (State.WAITING, State.WITH_OPERATOR):
        return _cover(form)  # a new conversation: it too has to reach a person
    payload = _payload(incoming, text, situation)
    if payload and payload.startswith(_HARMLESS):
        decision = _picked(payload, situation, form, brain)
        if decision.priority is None:
            return decision
    return Decision(Outcome.ANSWER, form, menu, "menu_help")


def _picked(payload: str, situation: Situation, form: Form, brain: Brain) -> Decision:
    if payload == PERSON:
        asked = "asked_for_person"
        return _hand_over(form, asked, asked, Priority.ASKED_FOR_PERSON, "ask_human")
    if payload == MORE:
        return _answer(form, "menu_help", {"do": "more"})
    if payload.startswith("!interview:"):
        return _interview(payload.partition(":")[2], situation, form, brain)
    if payload == "!help:not_yet":
        decision = _hand_over(
            form, "follow_up_not_yet", "follow_up_not_yet", Priority.ASKED_FOR_PERSON, "menu_help"
        )
        return replace(decision, acts=[{"do": "help", "of": "not_yet"}, *decision.acts])
    if payload.startswith("!"):
        name, _, argument = payload[1:].partition(":")
        if name == "language":
            form = Form(argument)
        return _answer(form, "menu_help", {"do": name, "of": argument})
    try:
        turn = brain.turn(situation.events, payload, picked=True)
    except BrainUnavailable:
        return _bot_failed(form, "brain_unavailable")
    return _from_brain(turn, situation.events, form, {"picked": True})


def _interview(step: str, situation: Situation, form: Form, brain: Brain) -> Decision:
    if situation.seems_child:
        return _child_alone(form)
    if step == "later":
        events = interview.paused(situation.events, "left")
        return replace(_answer(form, "deny", {"do": "interview_left"}), events=events)
    try:
        turn = interview.begin(situation.events, brain, anew=step == "anew")
    except BrainUnavailable:
        return _bot_failed(form, "brain_unavailable")
    return _from_brain(turn, situation.events, form, {"picked": True})


def _child_alone(form: Form) -> Decision:
    """Somebody who seems under 15 is asked for no consent; a person answers."""
    return _hand_over(form, "asked_for_person", "child_alone", Priority.SENSITIVE, "child_protection")


def _payload(incoming: Incoming, text: str, situation: Situation) -> str | None:
    if incoming.payload is not None:
        return incoming.payload if picks.is_valid(incoming.payload) else None
    if picks.asks_more(text):
        return MORE
    several = picks.numbers(text)
    if len(several) > 1:
        chosen = [picks.pick(situation.options, number) for number in several]
        return interview.combined([payload for payload in chosen if payload]) if all(chosen) else None
    if several:
        return picks.pick(situation.options, several[0])
    return _by_phrase(text, situation)


def _by_phrase(text: str, situation: Situation) -> str | None:
    """What a set phrase picks among what is open: skip, why, later, continue."""
    if phrases.asks_why(text):
        return picks.offered(situation.options, "!why:")
    in_interview = interview.open_question(situation.events) is not None
    if in_interview and phrases.asks_to_skip(text):
        return interview.SKIP
    if in_interview and phrases.asks_later(text):
        return "!interview:later"
    if interview.is_left(situation.events) and phrases.asks_to_continue(text):
        return "!interview:on"
    return None


def _form(text: str, situation: Situation) -> Form:
    if situation.form_chosen:
        return situation.form
    detected, clear = detect(text)
    if detected is None:
        return situation.form
    # A word like "ok" or a place's name is in no form of its own: the conversation's form stays.
    says_enough = clear and len(text.split()) >= _WORDS_TO_SWITCH
    return Form(detected) if situation.is_first or detected == Form.KHMER or says_enough else situation.form


def _answers_open_question(situation: Situation, turn: BrainTurn) -> bool:
    was_open = any(event.get("event") == "active_loop" for event in situation.events)
    return was_open and all(act["do"] in ("nearest", "keep_need", "keep_answers", "ask") for act in turn.acts)


def _answer(form: Form, intent: str, act: Act) -> Decision:
    return Decision(Outcome.ANSWER, form, [act], intent)


def _escalate(form: Form, judged: safety.Judgement) -> Decision:
    return _hand_over(form, "sensitive", judged.reason, judged.priority, judged.reason, judged.evidence)


def _more_urgent(form: Form, judged: safety.Judgement) -> Decision:
    """Danger in a conversation that people have already: its priority rises, the bot stays silent."""
    return replace(_escalate(form, judged), acts=[], outcome=Outcome.SILENT)


def _bot_failed(form: Form, reason: str) -> Decision:
    """The bot can't go on: a person is told so and takes over."""
    return _hand_over(form, reason, reason, Priority.BOT_FAILED)


def _hand_over(
    form: Form,
    told: str,
    reason: str,
    priority: int | None,
    intent: str | None = None,
    evidence: dict[str, Any] | None = None,
) -> Decision:
    """Into the human queue: `told` names the words for the person, `reason` stands in the queue."""
    act = {"do": "escalated", "reason": told}
    return Decision(Outcome.ESCALATE, form, [act], intent, reason, priority, evidence=evidence or {})
