"""Operators' accounts: made and reset by command or by an administrator, with a password for one sign-in.

`by` is the administrator who does it, None stands for a command.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit, passwords, second_factor
from bot.models import Channel, Operator, Role, StaffSession
from bot.models.columns import keyring, now
from bot.second_factor import one_time_secret
from bot.teams import FRONT_DESK, by_keys

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class NameTaken(Exception):
    """There is an operator of that name already."""


class NoSuchOperator(Exception):
    """There is no operator of that name."""


class OwnAccount(Exception):
    """Nobody changes the rights of their own account."""


class LastAdministrator(Exception):
    """Without this one nobody could manage the accounts."""


def add(
    session: Session,
    name: str,
    role: Role = Role.OPERATOR,
    *,
    language: str = "km",
    teams: Iterable[str] = (FRONT_DESK,),
    on_call: bool = False,
    pager: tuple[Channel, str] | None = None,
    by: Operator | None = None,
) -> tuple[Operator, str]:
    """A new operator and the password for their first sign-in. Raises NameTaken, NoSuchTeam."""
    if _find(session, name) is not None:
        raise NameTaken(name)
    password = one_time_secret()
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
    audit.record(session, by, "operator_add", f"operator:{operator.id}", role)
    return operator, password


def reset(session: Session, name: str, by: Operator | None = None) -> str:
    """A new one-time password; sessions and second factor of the operator end. Raises NoSuchOperator."""
    operator = by_name(session, name)
    _not_oneself(operator, by)
    password = one_time_secret()
    operator.password_hash = _hasher.hash(password)
    operator.one_time = True
    operator.disabled_at = None
    second_factor.clear(session, operator)
    end_sessions(session, operator)
    audit.record(session, by, "operator_reset", f"operator:{operator.id}")
    return password


def disable(session: Session, name: str, by: Operator | None = None) -> None:
    """The operator can't sign in any more and is signed out everywhere.

    Raises NoSuchOperator, OwnAccount, LastAdministrator.
    """
    operator = by_name(session, name)
    _not_oneself(operator, by)
    _leave_an_administrator(session, operator)
    operator.disabled_at = now()
    operator.on_call = False
    end_sessions(session, operator)
    audit.record(session, by, "operator_disable", f"operator:{operator.id}")


def change(session: Session, name: str, role: Role, teams: Iterable[str], by: Operator | None = None) -> None:
    """Gives the operator another role or other teams; they sign in anew.

    Raises NoSuchOperator, NoSuchTeam, OwnAccount, LastAdministrator.
    """
    operator = by_name(session, name)
    _not_oneself(operator, by)
    if role != Role.ADMINISTRATOR:
        _leave_an_administrator(session, operator)
    new_teams = by_keys(session, teams)
    detail = f"{operator.role}->{role} teams:{','.join(str(team.id) for team in new_teams)}"
    operator.role = role
    operator.teams = new_teams
    end_sessions(session, operator)
    audit.record(session, by, "operator_change", f"operator:{operator.id}", detail)


def everybody(session: Session) -> list[Operator]:
    """All accounts, disabled ones last."""
    query = select(Operator).order_by(Operator.disabled_at.isnot(None), Operator.id)
    return list(session.scalars(query))


def by_name(session: Session, name: str) -> Operator:
    """The operator called `name`, however it is capitalised. Raises NoSuchOperator."""
    operator = _find(session, name)
    if operator is None:
        raise NoSuchOperator(name)
    return operator


def check_password(session: Session, name: str, password: str) -> Operator | None:
    """The operator whose name and password these are. Takes as long for an unknown name.

    Whose own password turns out to be easily guessed chooses another before anything else.
    """
    if len(password) > passwords.LONGEST:
        return None
    operator = _find(session, name)
    known = operator if operator and operator.disabled_at is None else None
    try:
        _hasher.verify(known.password_hash if known else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    if known and not known.one_time and passwords.is_common(password, _known_words(known)):
        known.one_time = True
    return known


def verify_password(operator: Operator, password: str) -> bool:
    """Whether this is the operator's password."""
    if len(password) > passwords.LONGEST:
        return False
    try:
        return _hasher.verify(operator.password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def choose_password(session: Session, operator: Operator, password: str) -> None:
    """Sets the operator's own password. Raises BadPassword (bot/passwords.py)."""
    passwords.check(password, _known_words(operator))
    if verify_password(operator, password):
        raise passwords.BadPassword("same")
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


def supervisors(session: Session) -> list[Operator]:
    """All who may sign in as one."""
    query = select(Operator).where(Operator.role == Role.SUPERVISOR, Operator.disabled_at.is_(None))
    return list(session.scalars(query))


def name_hashes(name: str) -> list[str]:
    """What an account of this name is found by, under each of the keys."""
    return list(keyring().blind_indexes(f"operator:{_canonical(name)}"))


def _find(session: Session, name: str) -> Operator | None:
    return session.scalars(select(Operator).where(Operator.name_hash.in_(name_hashes(name)))).first()


def _known_words(operator: Operator) -> list[str]:
    return [operator.name, "phlov", "helpline", "cambodia", "phnompenh"]


def _name_hash(name: str) -> str:
    return keyring().blind_index(f"operator:{_canonical(name)}")


def _canonical(name: str) -> str:
    return name.strip().casefold()


def _not_oneself(operator: Operator, by: Operator | None) -> None:
    if by is not None and by.id == operator.id:
        raise OwnAccount


def _leave_an_administrator(session: Session, operator: Operator) -> None:
    if operator.role != Role.ADMINISTRATOR or operator.disabled_at is not None:
        return
    others = select(Operator.id).where(
        Operator.role == Role.ADMINISTRATOR, Operator.disabled_at.is_(None), Operator.id != operator.id
    )
    if session.scalars(others.with_for_update()).first() is None:
        raise LastAdministrator
