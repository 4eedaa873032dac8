"""Keeping what a person needs."""

from __future__ import annotations

from bot import privacy
from bot.acts.turn import Act, CarryOut, Turn
from bot.places import provinces


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


ACTS: dict[str, CarryOut] = {
    "keep_need": _keep_need,
}
