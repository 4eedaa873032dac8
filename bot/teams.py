"""Teams, and which conversations an operator sees by them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from bot.models import Conversation, Operator, Team
from bot.permissions import Permission, allows

FRONT_DESK = "front_desk"
WOMENS_DESK = "womens_desk"
THAI_SPEAKERS = "thai_speakers"


class NoSuchTeam(Exception):
    """There is no team of that key."""


def may_see(operator: Operator, conversation: Conversation) -> bool:
    """Whether the operator reads this conversation without giving a reason.

    Who answers conversations sees those of no team, of their own teams and their own ones;
    supervisors see all; managers, auditors and administrators see none.
    """
    if not allows(operator, Permission.CONVERSATION_READ):
        return False
    if allows(operator, Permission.SUPERVISE) or conversation.operator_id == operator.id:
        return True
    return conversation.team_id is None or conversation.team_id in team_ids(operator)


def seen_by(operator: Operator) -> ColumnElement[bool]:
    """The same rule as a condition on Conversation, for lists."""
    if not allows(operator, Permission.CONVERSATION_READ):
        return false()
    if allows(operator, Permission.SUPERVISE):
        return true()
    return or_(
        Conversation.team_id.is_(None),
        Conversation.team_id.in_(team_ids(operator)),
        Conversation.operator_id == operator.id,
    )


def team_ids(operator: Operator) -> list[int]:
    """The ids of the operator's teams."""
    return [team.id for team in operator.teams]


def every(session: Session) -> list[Team]:
    """All teams, the front desk first."""
    return list(session.scalars(select(Team).order_by(Team.id)))


def by_keys(session: Session, keys: Iterable[str]) -> list[Team]:
    """The teams of these keys. Raises NoSuchTeam."""
    known = {team.key: team for team in every(session)}
    try:
        return [known[key] for key in keys]
    except KeyError as unknown:
        raise NoSuchTeam(str(unknown.args[0])) from None
