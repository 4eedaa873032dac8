"""Carrying out what was decided: each act says something, offers options or changes what is kept.

Acts come from the brain's domain (flows/domain.yml, `do:`) or from the body itself (bot/decide.py).
All acts of a turn make one reply. Each module here has a table `ACTS` from an act's name to what
carries it out; a new module is added to `_MODULES`.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.acts import (
    consents,
    follow_ups,
    jobs,
    menus,
    needs,
    needs_over,
    own_say,
    referrals,
    services,
    topics,
)
from bot.acts.menus import GROUPS
from bot.acts.turn import Act, CarryOut, Turn

__all__ = ["GROUPS", "Act", "Turn", "carry_out"]

_MODULES = (menus, topics, needs, needs_over, consents, follow_ups, own_say, services, jobs, referrals)
_ACTS: dict[str, CarryOut] = {name: act for module in _MODULES for name, act in module.ACTS.items()}


def carry_out(turn: Turn, acts: Iterable[Act]) -> None:
    """Carries out `acts` in order. Raises KeyError for one that isn't known."""
    for act in acts:
        _ACTS[act["do"]](turn, act)
