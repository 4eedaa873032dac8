"""Operators' accounts: made and reset by command, with a password for one sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Channel, Operator, Role, StaffSession
from bot.models.columns import keyring, now
from bot.teams import FRONT_DESK, by_keys

SHORTEST_PASSWORD = 12
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class NameTaken(Exception):
    """There is an operator of that name already."""


class NoSuchOperator(Exception):
    """There is no operator of that name."""


def add(
    session: Session,
    name: str,
    role: Role = Role.OPERATOR,
    *,
    language: str = "km",
    teams: Iterable[str] = (FRONT_DESK,),
    on_call: bool = False,
    pager: tuple[Channel, str] | None = None,
) -> tuple[Operator, str]:
    """A new operator and the password for their first sign-in. Raises NameTaken, NoSuchTeam."""
    if _find(session, name) is not None:
        raise NameTaken(name)
    password = _one_time_password()
    operator = Operator(
        name=name.strip(),
        name_hash=_name_hash(name),
        role=role,
        password_hash=_hasher.hash(password),
        language=language,
        teams=by_keys(session, teams),
        on_call=on_call,
        pager_channel=pager[0] if pager else None,
        pager_address=pager[1] if pager else None,
    )
    session.add(operator)
    session.flush()
    audit.record(session, None, "operator_add", f"operator:{operator.id}", role)
    return operator, password


def reset(session: Session, name: str) -> str:
    """A new one-time password; every session of the operator ends. Raises NoSuchOperator."""
    operator = by_name(session, name)
    password = _one_time_password()
    operator.password_hash = _hasher.hash(password)
    operator.one_time = True
    operator.disabled_at = None
    end_sessions(session, operator)
    audit.record(session, None, "operator_reset", f"operator:{operator.id}")
    return password


def disable(session: Session, name: str) -> None:
    """The operator can't sign in any more and is signed out everywhere. Raises NoSuchOperator."""
    operator = by_name(session, name)
    operator.disabled_at = now()
    operator.on_call = False
    end_sessions(session, operator)
    audit.record(session, None, "operator_disable", f"operator:{operator.id}")


def by_name(session: Session, name: str) -> Operator:
    """The operator called `name`, however it is capitalised. Raises NoSuchOperator."""
    operator = _find(session, name)
    if operator is None:
        raise NoSuchOperator(name)
    return operator


def check_password(session: Session, name: str, password: str) -> Operator | None:
    """The operator whose name and password these are. Takes as long for an unknown name."""
    operator = _find(session, name)
    known = operator if operator and operator.disabled_at is None else None
    try:
        _hasher.verify(known.password_hash if known else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return known


def choose_password(session: Session, operator: Operator, password: str) -> None:
    """Sets the operator's own password. Raises ValueError where it is too short or the old one."""
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError("too short")
    try:
        _hasher.verify(operator.password_hash, password)
        raise ValueError("same as before")
    except VerificationError:
        pass
    operator.password_hash = _hasher.hash(password)
    operator.one_time = False
    audit.record(session, operator, "password_change", f"operator:{operator.id}")


def end_sessions(session: Session, operator: Operator) -> None:
    """Signs the operator out everywhere."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.operator_id == operator.id, StaffSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def _find(session: Session, name: str) -> Operator | None:
    hashes = keyring().blind_indexes(f"operator:{_canonical(name)}")
    return session.scalars(select(Operator).where(Operator.name_hash.in_(hashes))).first()


def _name_hash(name: str) -> str:
    return keyring().blind_index(f"operator:{_canonical(name)}")


def _canonical(name: str) -> str:
    return name.strip().casefold()


def _one_time_password() -> str:
    # Four groups that can be read out over the phone; no letters that look alike.
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
