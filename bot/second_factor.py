"""The second factor of a sign-in: codes of an authenticator app (TOTP), and recovery codes.

A code works once: the step that it belongs to is kept, and it and all before it are refused from then on.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

import pyotp
import segno
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.models import Operator, RecoveryCode
from bot.models.columns import now

RECOVERY_CODES = 10
_STEPS_EITHER_WAY = 1  # clocks of cheap phones are off
# No letters that look alike; four groups that can be copied by hand.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_secret() -> str:
    """Four groups of four letters that can be read out over the phone; 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def is_on(operator: Operator) -> bool:
    """Whether a sign-in of the operator asks for a code."""
    return operator.totp_confirmed_at is not None


def begin(operator: Operator) -> None:
    """Gives the operator a secret to put into the app; it counts once a code of it was given."""
    operator.totp_secret = pyotp.random_base32()
    operator.totp_confirmed_at = None
    operator.totp_last_step = None


def address(operator: Operator, brand: str) -> str:
    """What the app reads from the picture."""
    return _totp(operator).provisioning_uri(name=operator.name, issuer_name=brand)


def picture(operator: Operator, brand: str) -> str:
    """The same as an SVG element without any style of its own."""
    code = segno.make(address(operator, brand), error="m")
    return str(code.svg_inline(scale=5, light="#fff", svgclass=None, lineclass=None))


def confirm(session: Session, operator: Operator, code: str) -> list[str] | None:
    """Turns the second factor on; the recovery codes to show once, None where the code is wrong."""
    if not _accept(operator, code):
        return None
    operator.totp_confirmed_at = now()
    audit.record(session, operator, "second_factor_on", f"operator:{operator.id}")
    return renew_recovery_codes(session, operator)


def check(session: Session, operator: Operator, code: str) -> bool:
    """Whether `code` is a present code of the app or an unused recovery code; it is used up by this."""
    if _accept(operator, code):
        return True
    if _use_recovery_code(session, operator, code):
        audit.record(session, operator, "recovery_code_used", f"operator:{operator.id}")
        return True
    audit.record(session, operator, "code_refused", f"operator:{operator.id}")
    return False


def check_app_code(operator: Operator, code: str) -> bool:
    """Whether `code` is a present code of the app, of an operator who has one."""
    return is_on(operator) and _accept(operator, code)


def renew_recovery_codes(session: Session, operator: Operator) -> list[str]:
    """New recovery codes instead of all old ones. Only their hashes are kept."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator.id))
    codes = [one_time_secret() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(operator_id=operator.id, code_digest=_hash(code)) for code in codes)
    audit.record(session, operator, "recovery_codes_new", f"operator:{operator.id}")
    return codes


def recovery_codes_left(session: Session, operator: Operator) -> int:
    """How many recovery codes weren't used yet."""
    left = (RecoveryCode.operator_id == operator.id) & RecoveryCode.used_at.is_(None)
    return session.scalar(select(func.count(RecoveryCode.id)).where(left)) or 0


def clear(session: Session, operator: Operator) -> None:
    """Takes the second factor away, for an operator who lost the phone; the caller audits."""
    operator.totp_secret = operator.totp_confirmed_at = operator.totp_last_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator.id))


def _totp(operator: Operator) -> pyotp.TOTP:
    if operator.totp_secret is None:
        raise ValueError("the second factor wasn't begun")
    return pyotp.TOTP(operator.totp_secret)


def _accept(operator: Operator, code: str) -> bool:
    digits = "".join(code.split())
    if operator.totp_secret is None or not (digits.isascii() and digits.isdecimal()):
        return False
    totp = _totp(operator)
    present = totp.timecode(now())
    for step in range(present - _STEPS_EITHER_WAY, present + _STEPS_EITHER_WAY + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            if operator.totp_last_step is not None and step <= operator.totp_last_step:
                return False
            operator.totp_last_step = step
            return True
    return False


def _use_recovery_code(session: Session, operator: Operator, code: str) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.operator_id == operator.id,
            RecoveryCode.code_digest == _hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
    )
    return bool(getattr(used, "rowcount", 0))


def _hash(code: str) -> str:
    # The codes are random and long: a plain hash can't be guessed back.
    return hashlib.sha256("".join(code.split()).casefold().encode()).hexdigest()
