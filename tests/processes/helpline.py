"""The helpline as it really runs: web, worker and rasa as processes, against the stand-ins."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from twilio.request_validator import RequestValidator

from bot.commands.brain_process import free_port
from bot.settings import ROOT, load_settings
from tests.stand_ins import Providers

TOKEN = "0123456789abcdef0123456789abcdef"
OLD_TOKEN = "fedcba9876543210fedcba9876543210"
SECRET = "telegram-secret-0123456789"


class Helpline:
    """Processes by the names of the Procfile, to be started, killed and written to."""

    def __init__(
        self,
        providers: Providers,
        var: Path,
        database_url: str | None = None,
        simulated: bool = False,
        redis_url: str = "",
    ) -> None:
        self.providers = providers
        self.port, rasa_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.rasa_url = f"http://127.0.0.1:{rasa_port}"
        self.environment = {
            **os.environ,
            "PHLOV_VAR": str(var),
            "PORT": str(self.port),
            "RASA_URL": self.rasa_url,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": f"{TOKEN},{OLD_TOKEN}",
            "TWILIO_FROM": "1294",
            "TWILIO_API_URL": providers.url,
            "TELEGRAM_API_URL": providers.url,
            "TELEGRAM_BOT_TOKEN": "100000001:test",
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": database_url or f"sqlite:///{var}/phlov.db",
            "REDIS_URL": redis_url,
        }
        if simulated:  # the phone simulator stands in for both providers
            self.environment["TWILIO_API_URL"] = f"{self.url}/simulator/twilio"
            self.environment["TELEGRAM_API_URL"] = f"{self.url}/simulator/telegram"
        settings = load_settings(self.environment)
        self.environment |= {"RASA_TOKEN": settings.rasa_token, "PUBLIC_URL": self.url}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.log = var / "processes.log"
        self._ids = itertools.count(1)

    def start(self, *names: str) -> None:
        """Starts processes by their lines in the Procfile."""
        for name in names:
            with self.log.open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    ["/bin/sh", "-c", f"exec {self.command(name)}"],
                    cwd=ROOT,
                    env=self.environment_of(name),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def command(self, name: str) -> str:
        """The line of the Procfile for a process called `name`."""
        lines = (ROOT / "Procfile").read_text().splitlines()
        return dict(line.split(": ", 1) for line in lines if line)[name]

    def environment_of(self, name: str) -> dict[str, str]:
        """The environment variables of one process."""
        return self.environment

    def wait_until_ready(self, brain: bool = True, seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                state = requests.get(f"{self.url}/ready", timeout=5).json()
                if state["database"] and (state["brain"] or not brain):
                    return
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        """kill -9 of the process and all its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def terminate(self, name: str) -> int:
        """SIGTERM; the exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(timeout=30)

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def phlov(self, *arguments: str) -> str:
        """The output of a `phlov` command in the same environment."""
        command = [str(ROOT / ".venv" / "bin" / "phlov"), *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True, cwd=ROOT
        ).stdout

    def queue(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.phlov("queue", "list", "--json"))
        return rows

    def sms(
        self, text: str, sender: str = "+85510000001", identity: str | None = None, **options: Any
    ) -> requests.Response:
        """Posts one SMS as Twilio would, signed with `token`."""
        fields = {
            "MessageSid": identity or f"SM{next(self._ids):032}",
            "AccountSid": "AC" + "0" * 32,
            "From": sender,
            "To": "1294",
            "Body": text,
            **options.get("fields", {}),
        }
        return self.post_signed("/webhooks/twilio/sms", fields, options.get("token", TOKEN))

    def post_signed(self, path: str, fields: dict[str, str], token: str = TOKEN) -> requests.Response:
        url = self.url + path
        signature = RequestValidator(token).compute_signature(url, fields)
        return requests.post(
            url,
            data=urlencode(fields),
            headers={
                "X-Twilio-Signature": signature,
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            },
            timeout=20,
        )

    def telegram(self, update: dict[str, Any], secret: str = SECRET) -> requests.Response:
        """Posts one Telegram update; its update_id is filled in."""
        body = {"update_id": next(self._ids), **update}
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        return requests.post(f"{self.url}/webhooks/telegram", json=body, headers=headers, timeout=20)

    def telegram_text(self, text: str, chat: int = 700000001) -> requests.Response:
        number = next(self._ids)
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private"},
            "text": text,
        }
        return self.telegram({"message": message})


@contextmanager
def running_helpline(
    var: Path,
    database_url: str | None = None,
    brain: bool = True,
    simulated: bool = False,
    redis_url: str = "",
) -> Iterator[Helpline]:
    """All processes, ready; killed at the end."""
    with Providers() as providers:
        helpline = Helpline(providers, var, database_url, simulated, redis_url)
        helpline.phlov("migrate")
        try:
            helpline.start("web", "worker", *(["rasa"] if brain else []))
            helpline.wait_until_ready(brain)
            yield helpline
        finally:
            helpline.stop()
