"""What people decide about what is kept of them: contact later, learning, why, withdraw, what is known."""

from __future__ import annotations

from bot import consent, follow_up, privacy
from bot.acts import questions
from bot.acts.menus import open_options
from bot.acts.needs import invite
from bot.acts.turn import Act, CarryOut, Turn
from bot.learning import by_consent
from bot.models import Profile
from bot.models.columns import now
from bot.needs import my_data


def _consent(turn: Turn, act: Act) -> None:
    """The answer to "may we write later?" or "may the bot learn?", like `contact_later:yes`."""
    purpose, _, word = act["of"].partition(":")
    if turn.contact.seems_child:
        turn.say("place_thanks")
        return
    given = word == "yes"
    version = questions.asked_version(turn, purpose)
    consent.record(turn.session, turn.contact, purpose, given, version)
    if purpose == consent.LEARN:
        by_consent.answered(turn.session, turn.contact, given)
        turn.say("learn_yes" if given else "learn_no")
        return
    if given:
        follow_up.schedule(turn.session, turn.contact, turn.conversation, turn.settings)
        turn.say("contact_later_yes", days=turn.settings.follow_up_days)
    else:
        turn.say("contact_later_no")
    if turn.session.get(Profile, turn.contact.id) is None:
        invite(turn)


def _why(turn: Turn, act: Act) -> None:
    """Explains the open question of consent and leaves it open."""
    if act["of"] == consent.LEARN:
        turn.say("why_learn")
    else:
        turn.say("why_contact_later" if act["of"] == consent.CONTACT_LATER else "why_keep_needs")
    turn.options += open_options(turn)


def _ask_learn(turn: Turn, act: Act) -> None:
    """Asks whether the bot may learn from this person's messages, where this is the moment for it."""
    nothing_else = not turn.question and not turn.options
    if nothing_else and by_consent.may_ask(turn.session, turn.contact, turn.conversation):
        turn.contact.learning_asked_at = now()
        questions.ask_consent(turn, consent.LEARN)


def _withdraw(turn: Turn, act: Act) -> None:
    erasure = privacy.withdraw(turn.session, turn.contact)
    turn.conversation.draft = None
    turn.session.refresh(turn.conversation)
    if erasure is None:
        turn.say("nothing_to_withdraw")
    else:
        turn.say("withdrawn", receipt=erasure.receipt)


def _my_data(turn: Turn, act: Act) -> None:
    told = my_data.sentences(turn.session, turn.contact, turn.form)
    if not told:
        turn.say("my_data_nothing")
        return
    turn.say("my_data")
    turn.parts += told
    if my_data.is_correctable(turn.session, turn.contact):
        turn.offer("option_correct", "!interview:anew")
    turn.offer("option_withdraw", "!withdraw")
    turn.offer("option_delete", "!ask_delete")


ACTS: dict[str, CarryOut] = {
    "consent": _consent,
    "ask_learn": _ask_learn,
    "why": _why,
    "withdraw": _withdraw,
    "my_data": _my_data,
}
