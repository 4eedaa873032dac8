"""A helpline of several web processes, workers and brains, which a supervisor starts again when they die."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from bot.commands.brain_process import free_port
from bot.settings import ROOT
from tests.processes.helpline import Helpline
from tests.stand_ins import Providers

INJECT = ROOT / "tests" / "chaos" / "inject"
POINTS = ("commit:before", "commit:after", "http:before", "http:after")


class Fleet(Helpline):
    """Processes named web1, web2 …, worker1 …, rasa1 …; all on one database.

    `inject` is the chance that a web process or worker starts with a fault point in it, at which it
    dies sooner or later.
    """

    def __init__(
        self,
        providers: Providers,
        var: Path,
        database_url: str | None = None,
        redis_url: str | None = None,
        webs: int = 1,
        workers: int = 1,
        rasas: int = 0,
        inject: float = 0.0,
    ) -> None:
        super().__init__(providers, var, database_url)
        self.ports = {f"web{n}": free_port() for n in range(1, webs + 1)}
        self.port = self.ports["web1"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.rasa_urls = [f"http://127.0.0.1:{free_port()}" for _ in range(rasas)]
        self.names = [*self.ports, *(f"worker{n}" for n in range(1, workers + 1))]
        self.names += [f"rasa{n}" for n in range(1, rasas + 1)]
        self.environment |= {"PORT": str(self.port), "PUBLIC_URL": self.url, "REDIS_URL": redis_url or ""}
        self.environment["RASA_URL"] = ",".join(self.rasa_urls)
        self.deaths: Counter[str] = Counter()
        self.injecting = inject
        self._chance = random.Random(7)
        self._supervising = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._lock = threading.Lock()

    def ask_brains_through(self, urls: list[str]) -> None:
        """The addresses at which the workers ask, where they aren't the brains' own."""
        self.environment["RASA_URL"] = ",".join(urls)

    def command(self, name: str) -> str:
        kind = name.rstrip("0123456789")
        return super().command(kind) + (f" {name[len(kind) :]}" if kind == "rasa" else "")

    def environment_of(self, name: str) -> dict[str, str]:
        own = dict(self.environment)
        if name in self.ports:
            own["PORT"] = str(self.ports[name])
        if name.startswith("rasa"):
            own["RASA_URL"] = ",".join(self.rasa_urls)
        elif self._chance.random() < self.injecting:
            own |= {"PYTHONPATH": str(INJECT), "CHAOS_POINT": self._chance.choice(POINTS)}
            own["CHAOS_CHANCE"] = "0.03"
        return own

    def open(self, ready: Callable[[], None] | None = None) -> None:
        """Starts everything, waits until it is ready, then keeps it running."""
        self.phlov("migrate")
        self.start(*self.names)
        (ready or self.wait_until_ready)()
        self._supervising.set()
        self._supervisor.start()

    def close(self) -> None:
        """Ends the supervision, then everything (-9)."""
        self._supervising.clear()
        if self._supervisor.is_alive():
            self._supervisor.join()
        self.stop()

    def kill_and_restart(self, name: str) -> None:
        """kill -9 of one process and its children, as a supervisor sees it."""
        with self._lock:
            self.kill(name)
            self.deaths[name.rstrip("0123456789")] += 1
            self.start(name)

    def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP of one process for a while."""
        group = self.processes[name].pid
        os.killpg(group, signal.SIGSTOP)
        time.sleep(seconds)
        os.killpg(group, signal.SIGCONT)

    def fill_disk(self, seconds: float) -> None:
        """For a while no file of web and worker can grow."""
        own = [p for name, p in self.processes.items() if not name.startswith("rasa")]
        families = [psutil.Process(process.pid) for process in own if process.poll() is None]
        families += [child for process in families for child in process.children(recursive=True)]
        for limit in (1024, psutil.RLIM_INFINITY):
            for process in families:
                if process.is_running():
                    process.rlimit(psutil.RLIMIT_FSIZE, (limit, psutil.RLIM_INFINITY))
            time.sleep(seconds if limit == 1024 else 0)

    def _supervise(self) -> None:
        while self._supervising.is_set():
            with self._lock:
                for name in self.names:
                    process = self.processes.get(name)
                    if process is None or process.poll() is not None:
                        self.deaths[f"{name.rstrip('0123456789')} at a fault point"] += process is not None
                        self.start(name)
            time.sleep(0.2)
