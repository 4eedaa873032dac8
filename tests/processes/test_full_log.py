"""Logs that can't be written: messages are accepted and answered all the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.processes.helpline import Helpline
from tests.stand_ins import Providers, Trouble

pytestmark = pytest.mark.processes


def test_with_a_full_log_and_a_hanging_provider_messages_are_kept_and_people_told(
    tmp_path: Path, providers: Providers
) -> None:
    helpline = Helpline(providers, tmp_path)
    helpline.log = Path("/dev/full")  # each write fails as on a full disk
    helpline.phlov("migrate")
    providers.troubles.append(Trouble(delay=8.0, status=503))
    try:
        helpline.start("web", "worker")
        helpline.wait_until_ready(brain=False)
        for person in ("+85510000301", "+85510000302"):
            assert helpline.sms("where do i get a passport", person).status_code == 200
        assert helpline.sms("my husband beats me", "+85510000303", token="f" * 32).status_code == 403
        deadline = time.monotonic() + 60
        while len(providers.sms) < 2:
            assert time.monotonic() < deadline, "not everybody was told"
            time.sleep(0.2)
        assert len({message["to"] for message in providers.sms}) == 2
        assert {row["reason"] for row in helpline.queue()} == {"brain_unavailable"}
    finally:
        helpline.stop()
