"""`make bench`: measures, writes docs/benchmarks/*.json and the plots beside them.

Parts: `load` (side by side with Rasa's own Twilio channel), `understanding` (the brain on one core),
`growth` (PostgreSQL with a million messages), `queue_page` (500 waiting conversations, 60 browsers
listening), `stress` (a flood, a burst, forgeries), `upkeep` (a change of keys, a backup and its restore on
a database that has grown) and, only if named, `endurance` (half an hour of steady messages).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import endurance, growth, plot, queue_page, stress, understanding, upkeep
from bench.load import TimedProviders, load
from bench.machine import described
from bench.sides import phlov, rasa_alone
from bot.settings import ROOT
from tests.chaos.servers import PostgreSQL, Redis

FOLDER = ROOT / "docs" / "benchmarks"
USUAL = ("load", "understanding", "growth", "queue_page", "stress", "upkeep")
RATES = (5.0, 10.0, 20.0, 40.0)
RATE_OF_RECORD = 20.0
_WARM_UP = (5.0, 4.0)


def side_by_side(rates: tuple[float, ...], seconds: float) -> dict[str, Any]:
    """Each side alone on the machine, with the same messages at the same times."""
    sides: dict[str, Any] = {}
    for name in ("sqlite", "postgresql", "rasa"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            providers = stack.enter_context(TimedProviders())
            if name == "rasa":
                side = stack.enter_context(rasa_alone(providers, folder / "rasa.log"))
            elif name == "postgresql":
                server = stack.enter_context(PostgreSQL(folder / "servers"))
                redis = stack.enter_context(Redis())
                side = stack.enter_context(phlov(providers, folder, server.url, redis.url))
            else:
                side = stack.enter_context(phlov(providers, folder))
            load(side.post, providers, *_WARM_UP, run=0)
            outcomes = [
                load(side.post, providers, rate, seconds, run).as_json()
                for run, rate in enumerate(rates, start=1)
            ]
            sides[name] = {
                "what": side.name,
                "start seconds": round(side.start_seconds, 1),
                "memory MiB": side.memory_mib(),
                "loads": outcomes,
            }
            print(json.dumps({name: sides[name]}, indent=1), flush=True)
    return sides


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(USUAL))
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES))
    parser.add_argument("--seconds", type=float, default=30.0, help="of load at each rate")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(growth.SIZES))
    parser.add_argument("--minutes", type=float, default=30.0, help="of endurance")
    options = parser.parse_args()
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "load": lambda: side_by_side(tuple(options.rates), options.seconds),
        "understanding": understanding.run,
        "growth": lambda: growth.run(tuple(options.sizes)),
        "queue_page": queue_page.run,
        "stress": stress.run,
        "upkeep": upkeep.run,
        "endurance": lambda: endurance.run(options.minutes),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in options.parts:
        record = {"machine": described(), **parts[part]()}
        (FOLDER / f"{part}.json").write_text(json.dumps(record, indent=1) + "\n")
        plot.draw(part, record, FOLDER)
        print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
