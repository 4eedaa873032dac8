"""Naming services near the person, one at a time; "another place" by number."""

from __future__ import annotations

from bot.acts.referrals import may_be_offered
from bot.acts.turn import Act, CarryOut, Turn
from bot.answers import topics
from bot.directory import codes, search
from bot.directory.search import Found
from bot.directory.tell import told
from bot.facts import are_tellable, today
from bot.intents import NEEDS
from bot.models import Capacity
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
    found = _found(turn, topic, province)
    if not found:
        turn.parts.insert(1, _none(turn, topic, province))
        return
    shown = found[min(index, len(found) - 1)]
    turn.parts[1:1] = told(shown, province, turn.form)
    if with_next:
        _offer(turn, topic, province, found, index)


def _offer(turn: Turn, topic: str, province: str, found: list[Found], index: int) -> None:
    service = found[min(index, len(found) - 1)].service
    if may_be_offered(turn, service):
        turn.offer("option_refer", f"!refer:{service.id}:{topic}")
    if index + 1 < len(found):
        turn.offer("option_next_place", f"!services:{topic}:{province}:{index + 1}")


def _found(turn: Turn, topic: str, province: str) -> list[Found]:
    """The services for `topic`, nearest first. For a need what is confirmed comes before what isn't, and
    what the answer itself names isn't told a second time."""
    kinds = topics()[topic].nearest if topic in topics() else ()
    need = codes.NEED_OF_TOPIC.get(topic)
    found = search.find(turn.session, need=need, kinds=kinds, province=province)
    if topic in NEEDS:
        named = _named_in_answer(topic)
        found = [one for one in found if not one.service.facts or not named.issuperset(one.service.facts)]
        found.sort(
            key=lambda one: (one.service.capacity == Capacity.FULL, not search.is_tellable(one.service))
        )
    return found[:_MOST]


def _named_in_answer(topic: str) -> set[str]:
    parts = topics()[topic].parts if topic in topics() else ()
    return {name for part in parts if are_tellable(list(part.facts), today()) for name in part.facts}


def _none(turn: Turn, topic: str, province: str) -> str:
    here = {"province": provinces()[province].name(turn.form)}
    if topic in NEEDS and search.find(turn.session, need=codes.NEED_OF_TOPIC[topic], province=province):
        return say("no_other_service", turn.form, here)
    return say("nearest_unknown", turn.form, here)


def _near(turn: Turn, act: Act) -> None:
    """The nearest service for a need, in the midst of its answer; what may be chosen comes at its end."""
    _tell(turn, act["topic"], act["province"], 0, with_next=False)


def _offer_service(turn: Turn, act: Act) -> None:
    """Another service, or being referred to the nearest, once the questions on a need are over."""
    found = _found(turn, act["topic"], act["province"])
    if found:
        _offer(turn, act["topic"], act["province"], found, 0)


def _services(turn: Turn, act: Act) -> None:
    """`of` is TOPIC:PROVINCE:NUMBER, from an option; or `topic` and `province` from the brain."""
    topic, province, index = [*str(act.get("of", "")).split(":"), "", ""][:3]
    topic, province = topic or str(act.get("topic", "")), province or str(act.get("province", ""))
    if province in provinces():
        _tell(turn, topic, province, int(index or 0))


ACTS: dict[str, CarryOut] = {
    "services": _services,
    "near": _near,
    "offer_service": _offer_service,
}
