"""The browser that all these tests drive."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Error, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_CLOSED_WITHIN = 20.0


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium for a module's tests.

    On a busy machine one in many never answers that it should close: after a while it is killed.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        impatience = threading.Timer(_CLOSED_WITHIN, _kill_chromium)
        impatience.start()
        with contextlib.suppress(Error):
            browser.close()
        impatience.cancel()


def _kill_chromium() -> None:
    for child in psutil.Process().children(recursive=True):
        if "chrom" in child.name().casefold():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
