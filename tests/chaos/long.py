"""`make chaos`: 1,000 messages through kills and faults on each database, then every kill point many times.

Writes what it saw to docs/reliability/chaos.json and fails where a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.database import connect
from bot.settings import ROOT, load_settings
from tests.chaos import monkey
from tests.chaos.fleet import Fleet
from tests.chaos.servers import PostgreSQL, Redis
from tests.chaos.sick_brain import SickBrain
from tests.chaos.traffic import Traffic
from tests.chaos.verdict import judge, wait_until_settled
from tests.stand_ins import Providers

RECORD = ROOT / "docs" / "reliability" / "chaos.json"
_EACH = 4
_SETTLE_SECONDS = 600.0


@contextmanager
def scene(kind: str, var: Path, inject: float) -> Iterator[tuple[Fleet, list[monkey.Thing]]]:
    """A fleet on one kind of database, and all that can happen to it."""
    with ExitStack() as stack:
        providers = stack.enter_context(Providers())
        if kind == "sqlite":
            fleet = Fleet(providers, var, rasas=1, inject=inject)
            things = [monkey.locking(f"{var}/phlov.db"), monkey.filling_the_disk(fleet)]
        else:
            postgresql = stack.enter_context(PostgreSQL(var / "servers"))
            redis = stack.enter_context(Redis())
            fleet = Fleet(
                providers, var, postgresql.url, redis.url, webs=2, workers=2, rasas=2, inject=inject
            )
            things = [monkey.killing_server("PostgreSQL", postgresql), monkey.killing_server("Redis", redis)]
        doors = [stack.enter_context(SickBrain(url)) for url in fleet.rasa_urls]
        fleet.ask_brains_through([door.url for door in doors])
        things += [monkey.killing(fleet, "web", "worker")] * 3
        things += [monkey.killing(fleet, "rasa"), monkey.freezing(fleet)]
        things += [monkey.troubling(providers), monkey.sickening(doors)]
        yield fleet, things


def run(kind: str, messages: int, every: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, scene(kind, Path(folder), 0.3) as (fleet, things):
        os.chmod(folder, 0o755)
        database = connect(load_settings(fleet.environment))
        fleet.open()
        try:
            traffic = Traffic(fleet, messages // _EACH, _EACH)
            began = time.monotonic()
            with monkey.Monkey(things, every) as done:
                traffic.run()
            took = time.monotonic() - began
            fleet.injecting = 0.0
            fleet.wait_until_ready()
            settled = wait_until_settled(database, _SETTLE_SECONDS)
            verdict = judge(database, fleet.providers, traffic.acknowledged)
        finally:
            fleet.close()
            database.engine.dispose()
        return {
            "database": kind,
            "messages": len(traffic.acknowledged),
            "posts": traffic.posts,
            "posts refused or cut off": traffic.refused,
            "replies at the providers": len(fleet.providers.texts()),
            "seconds": round(took),
            "seconds until all was answered": round(settled),
            "faults": dict(sorted(done.done.items())),
            "deaths": dict(sorted(fleet.deaths.items())),
            "broken promises": asdict(verdict),
        }


def kill_points(kills: int) -> dict[str, Any]:
    """Every kill point `kills` times on both databases. Keeps to a folder of its own: another pytest that
    starts meanwhile shuts the common one to the database server's user."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
        command += ["--basetemp", f"{folder}/tests"]
        command += ["tests/chaos/test_kill_points.py", "tests/chaos/test_killed_upkeep.py"]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "CHAOS_KILLS": str(kills)}, capture_output=True, text=True
        )
    lines = done.stdout.strip().splitlines() or [done.stderr[-200:]]
    if done.returncode:
        print("\n".join(lines[-40:]), flush=True)
    return {
        "kills at each point": kills,
        "ended well": done.returncode == 0,
        "tests": lines[-1],
        "seconds": round(time.monotonic() - began),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000, help="for each database; 0 leaves them out")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between faults, on average")
    parser.add_argument("--kills", type=int, default=100, help="at each kill point; 0 leaves them out")
    parser.add_argument("--on", choices=["sqlite", "postgresql"], action="append", help="only this database")
    options = parser.parse_args()
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {"runs": []}
    today = datetime.now(UTC).date().isoformat()
    if options.messages:
        record |= {"date": today, "runs": []}
        for kind in options.on or ["sqlite", "postgresql"]:
            record["runs"].append(run(kind, options.messages, options.every))
            print(json.dumps(record["runs"][-1], indent=1), flush=True)
    if options.kills:
        record["kill points"] = {"date": today, **kill_points(options.kills)}
        print(json.dumps(record["kill points"], indent=1))
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    whole = all(not any(r["broken promises"].values()) for r in record["runs"])
    sys.exit(0 if whole and record.get("kill points", {}).get("ended well", True) else 1)


if __name__ == "__main__":
    main()
