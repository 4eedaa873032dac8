"""An encrypted file that is written and read as a stream, of which no part can be changed or cut off.

`PHLOVB1\\n`, the key's id, a salt, then frames of AES-256-GCM: a length, and the sealed bytes. The
nonce counts the frames; the last one says that it is the last.
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from bot.crypto import Keyring, Undecryptable

_MAGIC = b"PHLOVB1\n"
_KEY_ID, _SALT, _TAG = 8, 16, 16
_FRAME = 1024 * 1024


class NotABackup(Exception):
    """The file isn't a backup of ours, or it is damaged or cut off."""


class SealedWriter(io.RawIOBase):
    """Encrypts what is written to `file`; only `close` makes it whole."""

    def __init__(self, file: BinaryIO, keyring: Keyring) -> None:
        salt = os.urandom(_SALT)
        self._file = file
        self._cipher = keyring.stream_cipher(keyring.current_id, salt)
        self._header = _MAGIC + keyring.current_id.encode() + salt
        self._pending = bytearray()
        self._frames = 0
        file.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pending += data
        while len(self._pending) > _FRAME:
            self._seal(bytes(self._pending[:_FRAME]), last=False)
            del self._pending[:_FRAME]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._pending), last=True)
        super().close()

    def _seal(self, data: bytes, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._frames), data, _bound(self._header, last))
        self._file.write(struct.pack(">I", len(sealed)) + sealed)
        self._frames += 1


class SealedReader(io.RawIOBase):
    """Decrypts `file` from its beginning. Raises NotABackup, or Undecryptable where its key is lacking."""

    def __init__(self, file: BinaryIO, keyring: Keyring) -> None:
        self._file = file
        self._header = file.read(len(_MAGIC) + _KEY_ID + _SALT)
        if not self._header.startswith(_MAGIC) or len(self._header) != len(_MAGIC) + _KEY_ID + _SALT:
            raise NotABackup("not a backup file")
        key_id = self._header[len(_MAGIC) : -_SALT].decode("ascii", "replace")
        if key_id not in keyring.ids:
            raise Undecryptable(f"the backup was written with the key {key_id}")
        self._cipher = keyring.stream_cipher(key_id, self._header[-_SALT:])
        self._clear = b""
        self._frames = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._clear and not self._ended:
            self._open()
        taken = min(len(buffer), len(self._clear))
        buffer[:taken], self._clear = self._clear[:taken], self._clear[taken:]
        return taken

    def _open(self) -> None:
        size = self._file.read(4)
        length = struct.unpack(">I", size)[0] if len(size) == 4 else 0
        sealed = self._file.read(length) if _TAG <= length <= _FRAME + _TAG else b""
        if not sealed or len(sealed) != length:
            raise NotABackup("the file is cut off or damaged")
        for last in (False, True):
            try:
                self._clear = self._cipher.decrypt(_nonce(self._frames), sealed, _bound(self._header, last))
            except InvalidTag:
                continue
            self._ended = last
            break
        else:
            raise NotABackup("the file is damaged")
        self._frames += 1
        if self._ended and self._file.read(1):
            raise NotABackup("there is something behind the end")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _bound(header: bytes, last: bool) -> bytes:
    return header + (b"\x01" if last else b"\x00")
