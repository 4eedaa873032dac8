"""The two sides of the comparison: the whole helpline, and Rasa alone with its own Twilio channel."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from bench.load import Post, TimedProviders
from bot.commands.brain_process import free_port
from bot.settings import ROOT
from tests.chaos.fleet import Fleet

_START_SECONDS = 300


@dataclass
class Side:
    """One system under load, ready."""

    name: str
    post: Post
    start_seconds: float
    processes: list[psutil.Process] = field(default_factory=list)

    def memory_mib(self) -> int:
        """What its processes take, memory that they share counted once."""
        return sum(process.memory_full_info().pss for process in self._family()) // 2**20

    def open_files(self) -> int:
        """Files and sockets that its processes have open."""
        return sum(process.num_fds() for process in self._family())

    def _family(self) -> set[psutil.Process]:
        children = {child for process in self.processes for child in process.children(recursive=True)}
        return {*self.processes, *children}


@contextmanager
def phlov(
    providers: TimedProviders, var: Path, database_url: str | None = None, redis_url: str | None = None
) -> Iterator[Side]:
    """The helpline: one web process, one worker, one brain; SQLite unless told otherwise."""
    fleet = Fleet(providers, var, database_url, redis_url, rasas=1)
    began = time.monotonic()
    fleet.open(lambda: fleet.wait_until_ready(seconds=_START_SECONDS))
    try:
        processes = [psutil.Process(process.pid) for process in fleet.processes.values()]
        took = time.monotonic() - began
        yield Side("Phlov", lambda text, person, identity: fleet.sms(text, person, identity), took, processes)
    finally:
        fleet.close()


@contextmanager
def rasa_alone(providers: TimedProviders, log: Path) -> Iterator[Side]:
    """Rasa with the same model and its own Twilio channel."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhooks/twilio"
    environment = {
        "PATH": f"{ROOT}/nlu/.venv/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "ERROR",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "BENCH_TWILIO": providers.url,
        **{name: os.environ[name] for name in ("OPENBLAS_CORETYPE",) if name in os.environ},
    }
    command = [str(ROOT / "nlu/.venv/bin/python"), "-m", "rasa", "run", "--model", "models/brain.tar.gz"]
    command += ["--credentials", "bench/rasa_twilio.yml", "--endpoints", "flows/endpoints.yml"]
    command += ["--interface", "127.0.0.1", "--port", str(port)]
    began = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_up(url, process, log)
        took = time.monotonic() - began
        session = requests.Session()

        def post(text: str, person: str, identity: str) -> requests.Response:
            fields = {"MessageSid": identity, "From": person, "To": "1294", "Body": text}
            return session.post(f"{url}/webhook", data=fields, timeout=60)

        yield Side("Rasa's own Twilio channel", post, took, [psutil.Process(process.pid)])
    finally:
        process.kill()
        process.wait()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if requests.get(f"{url}/", timeout=5).ok:
                return
        except requests.RequestException:
            pass
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.2)
