"""Does it stay as quick and as small over time? `python -m bench endurance`, on PostgreSQL with Redis.

Five messages a second for half an hour, one in ten of them of danger, with the real brain. Tests L2 and,
over minutes in place of its eight hours, L4 of docs/reliability.md; pass conditions stand beside the figures.
"""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load import Due, TimedProviders, load, post_when_due
from bench.percentiles import percentile, summary
from bench.sides import Side, phlov
from tests.chaos.servers import PostgreSQL, Redis
from tests.chaos.traffic import QUESTIONS

_DANGER = ("my husband hits me at night", "ប្តីខ្ញុំវាយខ្ញុំ", "b'dei vay knhom")
_ONE_IN = 10
_WARM_UP = (5.0, 20.0)
_LOOK_SECONDS = 10.0
_ANSWERED_WITHIN = 60.0


def run(minutes: float = 30.0, rate: float = 5.0) -> dict[str, Any]:
    """The figures of `rate` messages a second over `minutes`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        providers = stack.enter_context(TimedProviders())
        server = stack.enter_context(PostgreSQL(folder / "servers"))
        redis = stack.enter_context(Redis())
        side = stack.enter_context(phlov(providers, folder, server.url, redis.url))
        load(side.post, providers, *_WARM_UP, run=0)
        messages = _messages(int(rate * minutes * 60), rate)
        with _Watched(side) as watched:
            began, acknowledged, refused = post_when_due(side.post, messages)
            due = {message.person: began + message.at for message in messages}
            replies = providers.replies_to(due, _ANSWERED_WITHIN)
    took = {person: at - due[person] for person, at in replies.items()}
    of_danger = [took[m.person] for m in messages if m.text in _DANGER and m.person in took]
    quarter = len(acknowledged) // 4
    first, last = acknowledged[:quarter], acknowledged[-quarter:]
    return {
        "messages a second": rate,
        "minutes": minutes,
        "messages": len(messages),
        "refused": refused,
        "unanswered": len(due) - len(took),
        "turn ms": summary(list(took.values())),
        "turn of danger ms": summary(of_danger),
        "acknowledgement ms": summary(acknowledged),
        "acknowledgement p99, last quarter to first": round(
            percentile(last, 0.99) / percentile(first, 0.99), 2
        ),
        "memory MiB, first to last": [watched.memory[0], watched.memory[-1]],
        "open files, first to last": [watched.files[0], watched.files[-1]],
        "passes where": "turn p95 <= 10 s, p99 <= 30 s, of danger p99 <= 10 s; memory at most a tenth more, "
        "open files within 5, p99 of the last quarter at most 1.2 of the first",
    }


def _messages(number: int, rate: float) -> list[Due]:
    return [
        Due(
            n / rate,
            _DANGER[n // _ONE_IN % len(_DANGER)] if n % _ONE_IN == 0 else QUESTIONS[n % len(QUESTIONS)],
            f"+8558{n:08}",  # nobody of the warm-up
            f"SMlong{n:08}",
        )
        for n in range(number)
    ]


@dataclass
class _Watched:
    """Memory and open files of a side's processes, looked at every ten seconds."""

    side: Side
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def __enter__(self) -> _Watched:
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look)
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        while True:
            self.memory.append(self.side.memory_mib())
            self.files.append(self.side.open_files())
            if self._over.wait(_LOOK_SECONDS):
                return
