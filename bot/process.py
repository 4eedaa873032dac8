"""What every process of ours does first, so that its memory and files stay its own."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """No core dumps, no reading of this memory by other processes, no file readable by others.

    Texts are in the clear in memory while a turn is taken; a crash must not put them on a disk.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
