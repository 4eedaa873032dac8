"""Carrying out what was decided: each act says something, offers options or changes what is kept.

Acts come from the brain's domain (flows/domain.yml, `do:`) or from the body itself (bot/decide.py).
All acts of a turn make one reply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot import intents, notices, privacy
from bot.answers import answer, nearest_service
from bot.models import Contact, Conversation, Form
from bot.models.columns import now
from bot.places import provinces
from bot.replies import MORE, PERSON, PERSON_KEY, SAFE, UNSAFE, Option
from bot.settings import Settings
from bot.words import say

Act = dict[str, Any]
GROUPS = {"documents": intents.DOCUMENTS, "jobs": intents.JOBS, "needs": intents.NEEDS}


@dataclass
class Turn:
    """What the acts of one turn work on, and the reply they build."""

    session: Session
    settings: Settings
    contact: Contact
    conversation: Conversation
    form: Form
    parts: list[str] = field(default_factory=list)
    question: str | None = None
    options: list[Option] = field(default_factory=list)
    person_first: bool = False

    def say(self, key: str, **values: object) -> None:
        self.parts.append(say(key, self.form, {"brand": self.settings.brand, **values}))

    def offer(self, label: str, payload: str) -> None:
        self.options.append(Option(say(label, self.form), payload))


def carry_out(turn: Turn, acts: list[Act]) -> None:
    """Carries out `acts` in order. Raises KeyError for one that isn't known."""
    for act in acts:
        _ACTS[act["do"]](turn, act)


def _say(turn: Turn, act: Act) -> None:
    turn.say(act["say"])


def _menu(turn: Turn, act: Act) -> None:
    group = act.get("of")
    if group:
        turn.say(f"menu_{group}")
        for intent in GROUPS[group]:
            turn.offer(f"intent_{intent}", f"/{intent}")
        return
    turn.say(act.get("say", "menu_intro"))
    turn.person_first = turn.person_first or bool(act.get("person_first"))
    _offer_groups(turn)


def _offer_groups(turn: Turn) -> None:
    for name in GROUPS:
        turn.offer(f"option_{name}", f"!menu:{name}")


def _answer(turn: Turn, act: Act) -> None:
    turn.parts += answer(act["topic"], turn.form, act.get("aspect"))


def _nearest(turn: Turn, act: Act) -> None:
    topic, province = act.get("topic", ""), str(act.get("province"))
    if province not in provinces():
        return
    sentence = nearest_service(topic, province, turn.form)
    if sentence:
        turn.parts.insert(1, sentence)  # what is near matters more than the rest of the answer
    elif not turn.parts:
        turn.say("place_noted", province=provinces()[province].name(turn.form))


def _ask(turn: Turn, act: Act) -> None:
    turn.question = say(f"ask_{act['what']}", turn.form)
    if act["what"] == "consent":
        turn.offer("option_yes", "/affirm")
        turn.offer("option_no", "/deny")


def _keep_need(turn: Turn, act: Act) -> None:
    agreed = str(act.get("consent")) == "True"
    standing = privacy.consent_for(turn.session, turn.contact, privacy.KEEP_NEEDS)
    if standing is not None and not standing.given:
        turn.say("place_thanks")  # asked before, and the answer was no: not asked again at once
        return
    consent = standing or privacy.record_consent(
        turn.session, turn.contact, privacy.KEEP_NEEDS, agreed, turn.form
    )
    if not agreed:
        turn.say("need_not_kept")
        return
    place = act.get("province")
    province = place if place in provinces() else None
    privacy.keep_need(turn.session, turn.conversation, consent, act["kind"], province, act.get("for_whom"))
    turn.say("need_kept")


def _offer(turn: Turn, act: Act) -> None:
    turn.person_first = bool(act.get("person_first"))
    turn.say("offer_person_first" if turn.person_first else "offer_intro")
    for intent in act.get("intents", []):
        turn.offer(f"intent_{intent}", f"/{intent}")
    if not act.get("intents"):
        _offer_groups(turn)


def _escalated(turn: Turn, act: Act) -> None:
    turn.parts.append(notices.escalated(act["reason"], turn.form, turn.settings))
    if act["reason"] == "sensitive":
        turn.offer("option_safe", SAFE)
        turn.offer("option_unsafe", UNSAFE)


def _more(turn: Turn, act: Act) -> None:
    if not turn.conversation.more:
        _menu(turn, {"say": "nothing_more"})
        return
    turn.parts += turn.conversation.more
    turn.options += _open_options(turn)


def _repeat_options(turn: Turn, act: Act) -> None:
    turn.options += _open_options(turn)
    if turn.options:
        turn.say("choose_a_number")
    else:
        _menu(turn, {"say": "number_means_nothing"})


def _open_options(turn: Turn) -> list[Option]:
    """What the last message offered, apart from what every reply offers by itself."""
    return [
        Option(option["label"], option["payload"])
        for option in turn.conversation.options or []
        if option["payload"] not in (PERSON, MORE)
    ]


def _other_language(turn: Turn, act: Act) -> None:
    # We can't tell which of our languages such a person reads, so both.
    values = {"person": PERSON_KEY}
    turn.parts += [say("other_language", form, values) for form in (Form.ENGLISH, Form.KHMER)]


def _change_language(turn: Turn, act: Act) -> None:
    if act.get("language"):
        _language(turn, {"of": act["language"]})
        return
    turn.say("ask_language")
    for form in Form:
        turn.offer(f"option_language_{form}", f"!language:{form}")


def _language(turn: Turn, act: Act) -> None:
    turn.form = turn.contact.form = Form(act["of"])
    turn.contact.form_chosen = True
    turn.say("language_changed")


def _stop(turn: Turn, act: Act) -> None:
    turn.contact.stopped_at = now()
    turn.say("stopped")


def _start(turn: Turn, act: Act) -> None:
    _menu(turn, {"say": "greet"})


def _ask_delete(turn: Turn, act: Act) -> None:
    turn.say("ask_delete")
    turn.offer("option_delete", "!delete")
    turn.offer("option_keep", "!keep")


def _delete(turn: Turn, act: Act) -> None:
    privacy.forget(turn.session, turn.contact)
    turn.session.refresh(turn.conversation)
    turn.say("deleted")


def _keep(turn: Turn, act: Act) -> None:
    turn.say("kept")


def _note_safety(turn: Turn, act: Act) -> None:
    turn.contact.safe_to_text = bool(act["safe"])


def _nothing(turn: Turn, act: Act) -> None:
    """A button of an earlier hand-off, pressed after it ended."""
    _menu(turn, {"say": "menu_intro"})


_ACTS: dict[str, Callable[[Turn, Act], None]] = {
    "say": _say,
    "menu": _menu,
    "answer": _answer,
    "nearest": _nearest,
    "ask": _ask,
    "keep_need": _keep_need,
    "offer": _offer,
    "escalated": _escalated,
    "more": _more,
    "repeat_options": _repeat_options,
    "other_language": _other_language,
    "change_language": _change_language,
    "language": _language,
    "stop": _stop,
    "start": _start,
    "ask_delete": _ask_delete,
    "delete": _delete,
    "keep": _keep,
    "note_safety": _note_safety,
    "safe": _nothing,
    "unsafe": _nothing,
}
