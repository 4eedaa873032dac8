"""What a person answers to "did it work out?", and ending a series of messages."""

from __future__ import annotations

from bot import follow_up, outbound
from bot.acts.menus import menu
from bot.acts.turn import Act, CarryOut, Turn
from bot.outbound import Series


def _help(turn: Turn, act: Act) -> None:
    """`yes`, `not_yet` (the queue has it already: bot/decide.py) or `other`."""
    answer = act["of"]
    follow_up.answered(turn.session, turn.contact, turn.conversation, answer, turn.settings)
    if answer == "yes":
        turn.say("help_yes")
    elif answer == "other":
        menu(turn, {"say": "help_other"})


def _end_series(turn: Turn, act: Act) -> None:
    outbound.end_series(turn.session, turn.contact, Series(act["of"]))
    turn.say("series_ended")


ACTS: dict[str, CarryOut] = {
    "help": _help,
    "end_series": _end_series,
}
