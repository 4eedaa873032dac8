"""The questions that are put: the six of the interview, and those of consent."""

from __future__ import annotations

from bot import consent
from bot.acts.turn import Turn
from bot.models import Channel
from bot.needs import codes
from bot.needs.interview import SKIP
from bot.words import say

# Each question's number, the entity its answer is sent to the brain as, and its answers to choose from.
_INTERVIEW: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "needs": (1, "need", codes.NEEDS),
    "place": (2, "province", ()),
    "household": (3, "household", codes.HOUSEHOLDS),
    "returned": (4, "returned", codes.RETURNS),
    "skills": (5, "skill", codes.SKILLS),
    "reach": (6, "reach", codes.REACHES),
}
_YES_NO = {
    consent.KEEP_NEEDS: ("/affirm", "/deny"),
    consent.CONTACT_LATER: ("!consent:contact_later:yes", "!consent:contact_later:no"),
    consent.LEARN: ("!consent:learn:yes", "!consent:learn:no"),
}
LABELS = {
    **{f"needs:{code}": f"kind_{code}" for code in codes.NEEDS},
    **{f"household:{code}": f"household_{i}" for i, code in enumerate(codes.HOUSEHOLDS, 1)},
    **{f"returned:{code}": f"returned_{i}" for i, code in enumerate(codes.RETURNS, 1)},
    **{f"skills:{code}": f"trade_{code}" for code in codes.SKILLS},
    **{f"reach:{code}": f"reach_{code}" for code in codes.REACHES},
}


def ask(turn: Turn, what: str) -> None:
    """Puts the question `what` with its numbered answers."""
    if what == "consent":
        ask_consent(turn, consent.KEEP_NEEDS)
        return
    turn.question = say(f"ask_{what}", turn.form)
    if what in _INTERVIEW:
        number, entity, answers = _INTERVIEW[what]
        turn.question = f"{number}/{len(_INTERVIEW)} {turn.question}"
        # On Telegram buttons carry no number, but several answers are sent as numbers.
        numbered = what in codes.SEVERAL and turn.contact.channel == Channel.TELEGRAM
        for i, code in enumerate(answers, start=1):
            label = say(LABELS[f"{what}:{code}"], turn.form)
            turn.offer_label(f"{i}. {label}" if numbered else label, f'/affirm{{"{entity}":"{code}"}}')
        turn.offer("option_skip", SKIP)


def ask_consent(turn: Turn, purpose: str) -> None:
    """Asks for consent to `purpose`, and keeps the words as they are shown now."""
    turn.question = _consent_words(turn, purpose)
    version = consent.show(turn.session, purpose, turn.form, turn.question)
    turn.conversation.draft = {**(turn.conversation.draft or {}), f"asked:{purpose}": version}
    yes, no = _YES_NO[purpose]
    turn.offer("option_yes", yes)
    turn.offer("option_no", no)
    turn.offer("option_why", f"!why:{purpose}")


def asked_version(turn: Turn, purpose: str) -> str:
    """The version of the words that the person answers; those of now where none are remembered."""
    version = (turn.conversation.draft or {}).get(f"asked:{purpose}")
    if version:
        return version
    return consent.show(turn.session, purpose, turn.form, _consent_words(turn, purpose))


def _consent_words(turn: Turn, purpose: str) -> str:
    if purpose == consent.LEARN:
        return say("ask_learn", turn.form)
    return say("ask_contact_later" if purpose == consent.CONTACT_LATER else "ask_consent", turn.form)
