"""What a person decides about us: the language, ending messages, deleting, safe contact."""

from __future__ import annotations

from bot import audit, privacy
from bot.acts.turn import Act, CarryOut, Turn
from bot.models import Form
from bot.models.columns import now


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


def _ask_delete(turn: Turn, act: Act) -> None:
    turn.say("ask_delete")
    turn.offer("option_delete", "!delete")
    turn.offer("option_keep", "!keep")


def _delete(turn: Turn, act: Act) -> None:
    erasure = privacy.forget(turn.session, turn.contact)
    turn.session.refresh(turn.conversation)
    turn.say("deleted", receipt=erasure.receipt)


def _keep(turn: Turn, act: Act) -> None:
    turn.say("kept")


def _note_safety(turn: Turn, act: Act) -> None:
    turn.contact.safe_to_text = bool(act["safe"])


def _cover(turn: Turn, act: Act) -> None:
    turn.contact.covered_since = now()
    audit.record(turn.session, None, "code_word_used", f"contact:{turn.contact.id}")


ACTS: dict[str, CarryOut] = {
    "change_language": _change_language,
    "language": _language,
    "stop": _stop,
    "ask_delete": _ask_delete,
    "delete": _delete,
    "keep": _keep,
    "note_safety": _note_safety,
    "cover": _cover,
}
