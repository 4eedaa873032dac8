"""Which keys of PHLOV_KEYS this database was written with, so that a wrong or lost one is told at start."""

from __future__ import annotations

from sqlalchemy import Text, select, type_coerce
from sqlalchemy.orm import Session

from bot.crypto import Undecryptable
from bot.models import Contact, EncryptionKey
from bot.models.columns import keyring, now
from bot.settings import UnsafeSetting

_CONTEXT = "encryption_key.sealed"
_WORD = "phlov"


def require_all(session: Session) -> bool:
    """Whether the current key is noted. Raises UnsafeSetting where one in use is lacking or wrong."""
    in_use = list(session.scalars(select(EncryptionKey).where(EncryptionKey.retired_at.is_(None))))
    for key in in_use:
        _require(key.id, key.sealed, _CONTEXT)
    if not in_use:  # a database from before the register was kept
        newest = select(type_coerce(Contact.address, Text)).order_by(Contact.id.desc()).limit(1)
        for address in session.scalars(newest):
            _require(address.split(".")[1], address, "contact.address")
    return any(key.id == keyring().current_id for key in in_use)


def note_current(session: Session) -> None:
    """Notes that data is written with the current key from now on."""
    key = session.get(EncryptionKey, keyring().current_id)
    if key is None:
        sealed = keyring().encrypt(_WORD, _CONTEXT)
        session.add(EncryptionKey(id=keyring().current_id, sealed=sealed))
    else:
        key.retired_at = None


def retire_others(session: Session) -> None:
    """Notes that nothing is written with any but the current key any more."""
    query = select(EncryptionKey).where(EncryptionKey.retired_at.is_(None))
    for key in session.scalars(query.where(EncryptionKey.id != keyring().current_id)):
        key.retired_at = now()


def _require(key_id: str, sealed: str, context: str) -> None:
    try:
        keyring().decrypt(sealed, context)
    except Undecryptable:
        raise UnsafeSetting(
            "PHLOV_KEYS",
            f"lacks the key {key_id}, which this database was written with. Put that key back, behind the "
            "current one (docs/runbook.md, “A key is wrong or lost”). Nothing was changed",
        ) from None
