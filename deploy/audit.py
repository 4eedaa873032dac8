"""Compares the lock files with the known advisories, and says so plainly where nobody could be asked.

pip-audit by itself ends well when an index doesn't know a package (it is "skipped"); here a skipped
package is one that wasn't asked about.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"body": ROOT / "requirements.lock", "brain": ROOT / "nlu" / "requirements.lock"}
ADVISORIES = ROOT / "deploy" / "advisories.yml"
CLEAN, FOUND, NOT_ASKED = 0, 1, 2
_SECONDS = 300


@dataclass
class Answer:
    """What is known of one lock file: advisories by package, and packages nobody told anything of."""

    advisories: dict[str, set[str]] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    asked: int = 0


def locked(lock: Path) -> dict[str, str]:
    """The versions in a lock file, by package."""
    found = re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text())
    return {name.casefold(): version for name, version in found}


def accepted(file: Path = ADVISORIES) -> dict[str, dict[str, str]]:
    """The advisories of the brain that are known and can't be reached from outside, by package."""
    listed = yaml.safe_load(file.read_text())
    return {entry["package"]: {str(i): entry["why"] for i in entry["ids"]} for entry in listed}


def ask(lock: Path) -> Answer | None:
    """Asks the advisory service, OSV, about all packages of `lock`; None where it can't be reached."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json"]
    command += ["--progress-spinner", "off", "--vulnerability-service", "osv", "-r", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    answer = read(done.stdout)
    return answer if answer is not None and answer.asked else None


def read(output: str) -> Answer | None:
    """What pip-audit's JSON says; None where it is no answer."""
    try:
        dependencies = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    answer = Answer()
    for dependency in dependencies:
        name = dependency["name"].casefold()
        if "skip_reason" in dependency:
            answer.skipped.add(name)
            continue
        answer.asked += 1
        for advisory in dependency["vulns"]:
            ids = {advisory["id"], *advisory.get("aliases", [])}
            answer.advisories.setdefault(name, set()).add(
                next((i for i in sorted(ids) if i[:3] == "CVE"), min(ids))
            )
    return answer


def stale(versions: dict[str, str]) -> list[str]:
    """Entries of the list whose package is no longer locked at the version they were judged for."""
    listed = yaml.safe_load(ADVISORIES.read_text())
    return [
        f"{entry['package']} {entry['version']}: locked at {versions.get(entry['package'], 'nothing')}"
        for entry in listed
        if versions.get(entry["package"]) != str(entry["version"])
    ]


def main(arguments: list[str]) -> int:
    old = stale(locked(LOCKS["brain"]))
    for line in old:
        print(f"deploy/advisories.yml is stale: {line}")
    if "--offline" in arguments:
        print("Asked nobody: the list fits the lock file." if not old else "Asked nobody.")
        return FOUND if old else CLEAN
    result = FOUND if old else CLEAN
    for name, lock in LOCKS.items():
        result = max(result, _report(name, ask(lock), accepted() if name == "brain" else {}))
    return result


def _report(name: str, answer: Answer | None, known: dict[str, dict[str, str]]) -> int:
    if answer is None:
        print(f"{name}: NOT AUDITED. The advisory service can't be reached from here.")
        return NOT_ASKED
    new = {
        f"{package} {advisory}"
        for package, ids in answer.advisories.items()
        for advisory in ids
        if advisory not in known.get(package, {})
    }
    print(f"{name}: {answer.asked} packages asked about, {len(new)} new advisories.")
    for line in sorted(new):
        print(f"  NEW {line}")
    if answer.skipped:
        print(f"  not asked about: {', '.join(sorted(answer.skipped))}")
    return FOUND if new else NOT_ASKED if answer.skipped else CLEAN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
