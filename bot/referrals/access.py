"""The partner's way to one referral's page: an unguessable link, a one-time code, a short session.

The link alone shows nothing. Its code goes to the partner's own number when it is asked for there, or
is read out by an operator. A code works once, for ten minutes, for five tries; after twenty wrong
tries the page stays shut until an operator sends a new link. Only hashes are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.models import Consent, Referral, ReferralAccess, ReferralState
from bot.models.columns import keyring, now

LINK_VALID = timedelta(days=30)
CODE_VALID = timedelta(minutes=10)
SESSION_VALID = timedelta(minutes=30)
CODE_DIGITS = 6
MOST_TRIES = 5
MOST_WRONG = 20
MOST_CODES_AN_HOUR = 3


class TooManyCodes(Exception):
    """As many codes as an hour allows were made, or the page is locked."""


class WrongCode(Exception):
    """The code is wrong, used, too old, or was tried too often."""


def issue(session: Session, referral: Referral) -> str:
    """A new link's token for `referral`; the one before no longer works. The token is told once."""
    session.execute(delete(ReferralAccess).where(ReferralAccess.referral_id == referral.id))
    token = secrets.token_urlsafe(32)
    access = ReferralAccess(referral_id=referral.id, token_hash=hash_of(token), expires_at=now() + LINK_VALID)
    session.add(access)
    session.flush()
    return token


def find(session: Session, token: str) -> ReferralAccess | None:
    """The access of `token`, locked, while its page is open: None where it never was, has expired, was
    withdrawn, or the referral has ended otherwise than well."""
    query = select(ReferralAccess).where(ReferralAccess.token_hash == hash_of(token)).with_for_update()
    access = session.scalars(query).first()
    if access is None or access.expires_at <= now() or not is_open(session, access.referral):
        return None
    return access


def is_open(session: Session, referral: Referral) -> bool:
    """Whether the partner may still see anything: the consent is read anew each time."""
    if referral.state in (ReferralState.WITHDRAWN, ReferralState.DECLINED, ReferralState.DONE):
        return False
    consent = session.get(Consent, referral.consent_id)
    return consent is not None and consent.given and consent.withdrawn_at is None


def make_code(access: ReferralAccess) -> str:
    """A new code; the one before no longer works. Raises TooManyCodes."""
    if access.codes_since is None or access.codes_since < now() - timedelta(hours=1):
        access.codes_since, access.codes = now(), 0
    if access.codes >= MOST_CODES_AN_HOUR or access.wrong >= MOST_WRONG:
        raise TooManyCodes
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    access.codes += 1
    access.tries = 0
    access.code_hash = keyring().blind_index(_salted(access, code))
    access.code_expires_at = now() + CODE_VALID
    return code


def enter(access: ReferralAccess, code: str) -> str:
    """Uses the code up; the new browser session's secret. Raises WrongCode, having counted the try."""
    right = False
    if access.code_hash and access.code_expires_at and access.code_expires_at > now():
        given = keyring().blind_indexes(_salted(access, code.strip()))
        right = access.tries < MOST_TRIES and access.wrong < MOST_WRONG
        right = any(hmac.compare_digest(access.code_hash, one) for one in given) and right
    if not right:
        access.tries += 1
        access.wrong += 1
        if access.tries >= MOST_TRIES:
            access.code_hash = None
        raise WrongCode
    secret = secrets.token_urlsafe(32)
    access.code_hash = access.code_expires_at = None
    access.session_hash = hash_of(secret)
    access.session_expires_at = now() + SESSION_VALID
    access.opened_at = access.opened_at or now()
    return secret


def is_entered(access: ReferralAccess, secret: str) -> bool:
    """Whether this browser has entered the code, not too long ago; a newer session ends an older one."""
    if not secret or not access.session_hash or not access.session_expires_at:
        return False
    return access.session_expires_at > now() and hmac.compare_digest(access.session_hash, hash_of(secret))


def leave(access: ReferralAccess) -> None:
    access.session_hash = access.session_expires_at = None


def close(session: Session, referral: Referral) -> None:
    """Shuts the page at once: the link, any code and any open session are gone."""
    session.execute(delete(ReferralAccess).where(ReferralAccess.referral_id == referral.id))


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _salted(access: ReferralAccess, code: str) -> str:
    return f"referral-code:{access.id}:{access.token_hash}:{code}"
