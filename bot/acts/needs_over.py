"""What a person needs no longer: confirmed in one message, asked where it isn't clear, undone by a number."""

from __future__ import annotations

from bot.acts.turn import Act, CarryOut, Turn
from bot.intents import OFFERABLE
from bot.needs import closing, codes
from bot.words import say

_MOST_CHOICES = 6


def _no_longer(turn: Turn, act: Act) -> None:
    """From words: `kinds`, `others` and `met`; from a choice: `of`, KIND:met or KIND:ended."""
    noted = closing.noted(turn.session, turn.contact)
    if act.get("of"):
        kind, _, how = str(act["of"]).partition(":")
        _end(turn, [kind] if kind in noted else [], how == "met")
        return
    named = tuple(act.get("kinds", ()))
    chosen = closing.meant(named, noted)
    is_clear = len(chosen) == len(named) if named else len(noted) == 1
    if not is_clear:
        _ask_which(turn, chosen or noted, bool(act.get("met")))
        return
    _end(turn, chosen or noted, bool(act.get("met")))
    for kind in act.get("others", ()):
        if kind in OFFERABLE:
            turn.offer(f"intent_{kind}", f"/{kind}")


def _ask_which(turn: Turn, kinds: list[str], met: bool) -> None:
    turn.question = say("ask_which_over", turn.form)
    for kind in kinds[:_MOST_CHOICES]:
        turn.offer_label(_name(turn, kind), f"!no_longer:{kind}:{'met' if met else 'ended'}")


def _end(turn: Turn, kinds: list[str], met: bool) -> None:
    if not kinds:
        turn.say("need_not_noted")
        return
    for kind in kinds:
        closing.end(turn.session, turn.contact, kind, met)
    names = ", ".join(_name(turn, kind) for kind in kinds)
    turn.say("need_met" if met else "need_over", needs=names)
    going_on = closing.goes_on(turn.session, turn.contact, kinds)
    if going_on:
        turn.question = _ask_to_end(turn, going_on)
        turn.offer("option_end_it", f"!end_asking:{going_on}:yes")
        turn.offer("option_go_on", f"!end_asking:{going_on}:no")
    if len(kinds) == 1:
        turn.offer("option_still_needed", f"!still_needed:{kinds[0]}")


def _ask_to_end(turn: Turn, what: str) -> str:
    if what == "both":
        return say("ask_end_both", turn.form)
    return say("ask_end_alerts" if what == "alerts" else "ask_end_follow_up", turn.form)


def _still_needed(turn: Turn, act: Act) -> None:
    kind = str(act["of"])
    if closing.reopen(turn.session, turn.contact, kind):
        turn.say("need_open_again", needs=_name(turn, kind))
    else:
        turn.say("need_not_noted")


def _end_asking(turn: Turn, act: Act) -> None:
    """`of` is what goes on (alerts, follow_up, both) and yes to end it, or no."""
    what, _, answer = str(act["of"]).partition(":")
    if answer == "yes":
        closing.stop(turn.session, turn.contact, what)
        turn.say("asking_ended")
    else:
        turn.say("asking_goes_on")


def _name(turn: Turn, kind: str) -> str:
    return say(f"kind_{kind}" if kind in codes.NEEDS else f"intent_{kind}", turn.form)


ACTS: dict[str, CarryOut] = {
    "no_longer": _no_longer,
    "still_needed": _still_needed,
    "end_asking": _end_asking,
}
