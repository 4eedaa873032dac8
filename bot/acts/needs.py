"""Needs and the interview: keeping answers, changing them, leaving and going on."""

from __future__ import annotations

from typing import Any

from bot import consent
from bot.acts import questions
from bot.acts.turn import Act, CarryOut, Turn
from bot.models import Consent, Profile
from bot.needs import keeping
from bot.needs.codes import Answers, answers
from bot.places import provinces


def _keep_need(turn: Turn, act: Act) -> None:
    agreed = _agreed(turn, str(act.get("consent")) == "True")
    if agreed is None:
        turn.say("place_thanks")  # asked before, and the answer was no: not asked again at once
        return
    if not agreed.given:
        _drop_draft(turn)
        turn.say("need_not_kept")
        return
    keeping.keep_need(
        turn.session,
        turn.conversation,
        agreed,
        act["kind"],
        act.get("province"),
        act.get("district"),
        act.get("for_whom"),
    )
    _kept(turn)


def _keep_answers(turn: Turn, act: Act) -> None:
    """The interview is over: keeps its answers after a yes, drops them after a no."""
    told = act.get("slots", {})
    agreed = _agreed(turn, told.get("consent") is True, asked=True)
    if agreed is None or not agreed.given:
        _drop_draft(turn)
        turn.say("need_not_kept")
        return
    _keep(turn, agreed, answers(told))
    _drop_draft(turn)
    if not act.get("handed_over"):  # else a person goes on from here, and that alone is said
        _kept(turn)


def _note_answers(turn: Turn, act: Act) -> None:
    """Keeps the answers so far, where the person agreed before; nobody has to come to the end."""
    standing = consent.standing(turn.session, turn.contact, consent.KEEP_NEEDS)
    if standing is not None and standing.given:
        _keep(turn, standing, answers(act["slots"]))


def _note(turn: Turn, act: Act) -> None:
    """Holds what was told in passing, or in own words, until consent says whether it is kept."""
    told: dict[str, Any] = dict(act.get("about", {}))
    if act.get("words"):
        told[act["question"]] = act["words"]
    turn.conversation.draft = {**(turn.conversation.draft or {}), **told}
    profile = turn.session.get(Profile, turn.contact.id)
    if profile is not None:
        profile.sex = told.get("sex", profile.sex)
        profile.age_band = told.get("age_band", profile.age_band)


def _moved(turn: Turn, act: Act) -> None:
    if keeping.move(turn.session, turn.contact, act["province"], act.get("district")):
        _forget_old_place(turn, act["province"])
        turn.say("moved", province=provinces()[act["province"]].name(turn.form))
    else:
        turn.say("place_thanks")


def _forget_old_place(turn: Turn, province: str) -> None:
    """What is asked from now on is about the new place."""
    turn.conversation.brain_events = [
        {**event, "value": province} if event.get("name") in ("province", "need_province") else event
        for event in turn.conversation.brain_events or []
    ]


def _note_child(turn: Turn, act: Act) -> None:
    turn.contact.seems_child = True
    _drop_draft(turn)


def _interview_left(turn: Turn, act: Act) -> None:
    turn.say("interview_left")
    turn.offer("option_continue", "!interview:on")


def _offer_to_go_on(turn: Turn, act: Act) -> None:
    turn.say("offer_to_go_on")
    turn.offer("option_continue", "!interview:on")
    turn.offer("option_not_now", "!interview:later")


def _agreed(turn: Turn, agrees: bool, asked: bool = False) -> Consent | None:
    """The consent that stands after this answer; None where the person wasn't asked now and said no
    before. `asked`: the question was put again, since the person began of their own accord."""
    standing = consent.standing(turn.session, turn.contact, consent.KEEP_NEEDS)
    if standing is not None and standing.given:
        return standing
    if turn.contact.seems_child:
        return None
    if not asked and not consent.may_ask(turn.session, turn.contact, consent.KEEP_NEEDS):
        return None
    version = questions.asked_version(turn, consent.KEEP_NEEDS)
    return consent.record(turn.session, turn.contact, consent.KEEP_NEEDS, agrees, version)


def _keep(turn: Turn, agreed: Consent, told: Answers) -> None:
    keeping.keep_answers(turn.session, turn.conversation, agreed, told, turn.conversation.draft or {})


def _kept(turn: Turn) -> None:
    turn.say("need_kept")
    if consent.may_ask(turn.session, turn.contact, consent.CONTACT_LATER):
        questions.ask_consent(turn, consent.CONTACT_LATER)
    elif turn.session.get(Profile, turn.contact.id) is None:
        invite(turn)


def invite(turn: Turn) -> None:
    """Offers the interview, once there is something to add to."""
    turn.say("invite_interview")
    turn.offer("option_interview", "!interview:on")


def _drop_draft(turn: Turn) -> None:
    turn.conversation.draft = None


ACTS: dict[str, CarryOut] = {
    "keep_need": _keep_need,
    "keep_answers": _keep_answers,
    "note_answers": _note_answers,
    "note": _note,
    "moved": _moved,
    "note_child": _note_child,
    "interview_left": _interview_left,
    "offer_to_go_on": _offer_to_go_on,
}
