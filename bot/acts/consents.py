"""What people decide about what is kept of them: contact later, why, withdraw, what is known."""

from __future__ import annotations

from bot import consent, follow_up, privacy
from bot.acts import questions
from bot.acts.menus import open_options
from bot.acts.needs import invite
from bot.acts.turn import Act, CarryOut, Turn
from bot.models import Profile
from bot.needs import my_data


def _consent(turn: Turn, act: Act) -> None:
    """The answer to "may we write later?", `contact_later:yes` or `contact_later:no`."""
    purpose, _, word = act["of"].partition(":")
    if turn.contact.seems_child:
        turn.say("place_thanks")
        return
    given = word == "yes"
    version = questions.asked_version(turn, purpose)
    consent.record(turn.session, turn.contact, purpose, given, version)
    if given:
        follow_up.schedule(turn.session, turn.contact, turn.conversation, turn.settings)
        turn.say("contact_later_yes", days=turn.settings.follow_up_days)
    else:
        turn.say("contact_later_no")
    if turn.session.get(Profile, turn.contact.id) is None:
        invite(turn)


def _why(turn: Turn, act: Act) -> None:
    """Explains the open question of consent and leaves it open."""
    turn.say("why_contact_later" if act["of"] == consent.CONTACT_LATER else "why_keep_needs")
    turn.options += open_options(turn)


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
    "why": _why,
    "withdraw": _withdraw,
    "my_data": _my_data,
}
