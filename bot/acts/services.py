"""Naming services near the person, one at a time; "another place" by number."""

from __future__ import annotations

from bot.acts.referrals import may_be_offered
from bot.acts.turn import Act, CarryOut, Turn
from bot.answers import topics
from bot.directory import codes, search
from bot.directory.tell import told
from bot.places import provinces
from bot.words import say

_MOST = 5  # places that one question leads to


def tell_nearest(turn: Turn, topic: str, province: str, with_next: bool = True) -> bool:
    """Adds the nearest service for `topic` after the answer's first thought, since what is near matters
    more than the rest; False where the place doesn't matter for the topic."""
    kinds = topics()[topic].nearest if topic in topics() else ()
    if province not in provinces() or not (kinds or topic in codes.NEED_OF_TOPIC):
        return False
    _tell(turn, topic, province, 0, with_next)
    return True


def _tell(turn: Turn, topic: str, province: str, index: int, with_next: bool = True) -> None:
    kinds = topics()[topic].nearest if topic in topics() else ()
    need = codes.NEED_OF_TOPIC.get(topic)
    found = search.find(turn.session, need=need, kinds=kinds, province=province)[:_MOST]
    if not found:
        here = provinces()[province].name(turn.form)
        turn.parts.insert(1, say("nearest_unknown", turn.form, {"province": here}))
        return
    shown = found[min(index, len(found) - 1)]
    turn.parts[1:1] = told(shown, province, turn.form)
    if with_next and may_be_offered(turn, shown.service):
        turn.offer("option_refer", f"!refer:{shown.service.id}:{topic}")
    if with_next and index + 1 < len(found):
        turn.offer("option_next_place", f"!services:{topic}:{province}:{index + 1}")


def _services(turn: Turn, act: Act) -> None:
    """`of` is TOPIC:PROVINCE:NUMBER, from an option; or `topic` and `province` from the brain."""
    topic, province, index = [*str(act.get("of", "")).split(":"), "", ""][:3]
    topic, province = topic or str(act.get("topic", "")), province or str(act.get("province", ""))
    if province in provinces():
        _tell(turn, topic, province, int(index or 0))


ACTS: dict[str, CarryOut] = {
    "services": _services,
}
