"""Sentences, menus and numbered choices."""

from __future__ import annotations

from bot import intents, notices
from bot.acts.turn import Act, CarryOut, Turn
from bot.models import Form
from bot.replies import MORE, PERSON, PERSON_KEY, SAFE, UNSAFE, Option
from bot.words import say

GROUPS = {"documents": intents.DOCUMENTS, "jobs": intents.JOBS, "needs": intents.NEEDS}


def _say(turn: Turn, act: Act) -> None:
    turn.say(act["say"])


def menu(turn: Turn, act: Act) -> None:
    """The main menu, or that of one group (`of`)."""
    group = act.get("of")
    if group:
        turn.say(f"menu_{group}")
        for intent in GROUPS[group]:
            turn.offer(f"intent_{intent}", f"/{intent}")
        return
    turn.say(act.get("say", "menu_intro"))
    turn.person_first = turn.person_first or bool(act.get("person_first"))
    _offer_groups(turn)
    turn.offer("option_interview", "!interview:on")


def _offer_groups(turn: Turn) -> None:
    for name in GROUPS:
        turn.offer(f"option_{name}", f"!menu:{name}")


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
        menu(turn, {"say": "nothing_more"})
        return
    turn.parts += turn.conversation.more
    turn.options += open_options(turn)


def _repeat_options(turn: Turn, act: Act) -> None:
    turn.options += open_options(turn)
    if turn.options:
        turn.say("choose_a_number")
    else:
        menu(turn, {"say": "number_means_nothing"})


def open_options(turn: Turn) -> list[Option]:
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


def _nothing(turn: Turn, act: Act) -> None:
    """A button of an earlier hand-off, pressed after it ended."""
    menu(turn, {"say": "menu_intro"})


def _start(turn: Turn, act: Act) -> None:
    menu(turn, {"say": "greet"})


ACTS: dict[str, CarryOut] = {
    "say": _say,
    "menu": menu,
    "offer": _offer,
    "escalated": _escalated,
    "more": _more,
    "repeat_options": _repeat_options,
    "other_language": _other_language,
    "start": _start,
    "safe": _nothing,
    "unsafe": _nothing,
}
