"""kill -9 of web, worker and rasa in turn, with every webhook doubled: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.processes.helpline import Helpline, running_helpline

pytestmark = [pytest.mark.processes, pytest.mark.brain]

MESSAGES = 60


def post_until_acknowledged(helpline: Helpline, person: str, identity: str) -> None:
    """As a provider does: again until there is a 200, and once more on top."""
    acknowledged = 0
    while acknowledged < 2:
        try:
            acknowledged += helpline.sms("where can i learn to sew", person, identity).status_code == 200
        except requests.RequestException:
            time.sleep(0.2)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_is_sent_twice(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database_url = None
    if kind == "postgresql":
        new_database: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        database_url = new_database()
    with running_helpline(tmp_path, database_url) as helpline:
        people = [f"+855100{n:05}" for n in range(MESSAGES)]
        posting = threading.Thread(
            target=lambda: [post_until_acknowledged(helpline, p, f"SM{p}") for p in people]
        )
        posting.start()
        chance = random.Random(11)
        while posting.is_alive():
            name = chance.choice(["web", "worker", "worker", "rasa"])
            helpline.kill(name)
            helpline.start(name)
            time.sleep(chance.uniform(1.0, 2.5))
        posting.join()
        for name in ("web", "worker", "rasa"):
            if helpline.processes[name].poll() is not None:
                helpline.start(name)
        helpline.wait_until_ready()
        helpline.providers.wait_for(MESSAGES, seconds=120)
        time.sleep(2)
        sent = Counter(message["to"] for message in helpline.providers.sms)
        assert sorted(sent) == sorted(people)
        assert set(sent.values()) == {1}
