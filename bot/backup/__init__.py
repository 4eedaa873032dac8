"""Backups: one encrypted file with every row, from SQLite or PostgreSQL and back into either.

The rows stay as they are at rest, so nothing is decrypted to be backed up; the file as a whole is
encrypted on top. Restoring needs the keys that the rows and the file were written with.
"""

from bot.backup.dump import BackupDamaged, Contents, check, write
from bot.backup.load import NotEmpty, restore
from bot.backup.stream import NotABackup

__all__ = ["BackupDamaged", "Contents", "NotABackup", "NotEmpty", "check", "restore", "write"]
