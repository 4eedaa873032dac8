"""Encryption at rest: AES-256-GCM with key ids, and keyed hashes to find what is encrypted.

A stored value is `v1.<key id>.<base64(nonce + ciphertext + tag)>`. The column's name is
authenticated with it, so that a value can't be moved to another column. The first key of
PHLOV_KEYS encrypts; every key there decrypts, so a key is rotated by putting a new one first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Undecryptable(Exception):
    """The value was written with a key that isn't in PHLOV_KEYS, or was tampered with."""


class Keyring:
    """The keys of PHLOV_KEYS, current first."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys:
            raise ValueError("a keyring needs a key")
        self._ciphers = {_key_id(key): AESGCM(_derived(key, b"phlov at rest")) for key in keys}
        self._hash_keys = [_derived(key, b"phlov blind index") for key in keys]
        self._stream_keys = {_key_id(key): _derived(key, b"phlov backup") for key in keys}
        self._session_key = _derived(keys[0], b"phlov web session")
        self.current_id = _key_id(keys[0])

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys; an id tells nothing of its key."""
        return frozenset(self._ciphers)

    @property
    def session_key(self) -> bytes:
        """The key that signs the console's cookies."""
        return self._session_key

    def encrypt(self, text: str, context: str) -> str:
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self.current_id].encrypt(nonce, text.encode(), context.encode())
        return f"v1.{self.current_id}.{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, token: str, context: str) -> str:
        """The text of `token`. Raises Undecryptable."""
        try:
            version, key_id, payload = token.split(".")
            sealed = base64.b64decode(payload)
            cipher = self._ciphers[key_id]
            if version != "v1":
                raise Undecryptable("unknown version")
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode()).decode()
        except KeyError:
            raise Undecryptable("PHLOV_KEYS lacks the key that this was written with") from None
        except (ValueError, InvalidTag):
            raise Undecryptable("damaged value") from None

    def stream_cipher(self, key_id: str, salt: bytes) -> AESGCM:
        """The cipher of one file (a backup) that was written with the key `key_id`."""
        secret = self._stream_keys[key_id]
        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"phlov file").derive(secret))

    def is_current(self, token: str) -> bool:
        """Whether `token` was written with the current key."""
        return token.startswith(f"v1.{self.current_id}.")

    def blind_index(self, value: str) -> str:
        """The hash under which `value` is stored for look-up."""
        return self.blind_indexes(value)[0]

    def blind_indexes(self, value: str) -> list[str]:
        """The hashes of `value` under every key: during a rotation either may be stored."""
        return [hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for key in self._hash_keys]


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"phlov key id" + key).hexdigest()[:8]


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
