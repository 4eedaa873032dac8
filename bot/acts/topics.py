"""Answers to questions, the nearest office, and what is asked back."""

from __future__ import annotations

from bot.acts import questions
from bot.acts.jobs import tell_fitting
from bot.acts.services import tell_nearest
from bot.acts.turn import Act, CarryOut, Turn
from bot.answers import answer
from bot.places import provinces


def _answer(turn: Turn, act: Act) -> None:
    turn.parts += answer(act["topic"], turn.form, act.get("aspect"))


def _nearest(turn: Turn, act: Act) -> None:
    topic, province = act.get("topic", ""), str(act.get("province"))
    if province not in provinces():
        return
    has_job = tell_fitting(turn, topic, province)
    knows_place = tell_nearest(turn, topic, province, with_next=not has_job)
    if not knows_place and not turn.parts:
        turn.say("place_noted", province=provinces()[province].name(turn.form))


def _ask(turn: Turn, act: Act) -> None:
    questions.ask(turn, act["what"])


ACTS: dict[str, CarryOut] = {
    "answer": _answer,
    "nearest": _nearest,
    "ask": _ask,
}
