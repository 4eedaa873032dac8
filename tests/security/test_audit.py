"""The audit of dependencies says what was asked, and never calls clean what nobody was asked about."""

from __future__ import annotations

import json
import re

import pytest

from bot.settings import ROOT
from deploy import audit


def answered(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(dependencies)})


FINE = {"name": "flask", "version": "3.1.3", "vulns": []}
SKIPPED = {"name": "flask", "skip_reason": "Dependency not found"}


def bad(advisory: str, *aliases: str) -> dict[str, object]:
    return {"name": "aiohttp", "version": "3.9.5", "vulns": [{"id": advisory, "aliases": list(aliases)}]}


@pytest.mark.parametrize(
    ("output", "code"),
    [
        (answered(FINE), audit.CLEAN),
        (answered(FINE, SKIPPED), audit.NOT_ASKED),
        (answered(FINE, bad("GHSA-x", "CVE-2025-53643")), audit.CLEAN),  # known, and told why
        (answered(FINE, bad("CVE-2099-1")), audit.FOUND),
        (answered(FINE, bad("GHSA-new")), audit.FOUND),
    ],
)
def test_an_answer_is_clean_only_when_all_were_asked_about_and_nothing_is_new(output: str, code: int) -> None:
    assert audit._report("brain", audit.read(output), audit.accepted()) == code


@pytest.mark.parametrize("output", ["", "Traceback …", "[]", '{"other": 1}'])
def test_no_answer_is_not_called_clean(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.read(output) is None
    assert audit._report("body", audit.read(output), {}) == audit.NOT_ASKED
    assert "NOT AUDITED" in capsys.readouterr().out


def test_the_bodys_findings_are_never_excused() -> None:
    assert audit._report("body", audit.read(answered(bad("CVE-2025-53643"))), {}) == audit.FOUND


def test_the_list_of_the_brains_advisories_fits_its_lock_file() -> None:
    assert audit.stale(audit.locked(audit.LOCKS["brain"])) == []
    for package, reasons in audit.accepted().items():
        for advisory, why in reasons.items():
            assert re.fullmatch(r"CVE-\d{4}-\d{4,6}|GHSA-[\w-]+", advisory) and len(why) > 30, package


def test_every_package_that_is_installed_has_its_hashes() -> None:
    for lock in audit.LOCKS.values():
        blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text())
        bare = [block for block in blocks if "==" in block and "--hash=sha256:" not in block]
        assert len(blocks) > 50
        # Left out on every machine by a marker that never holds.
        assert all("sys_platform == 'never'" in block for block in bare), bare


def test_the_audit_is_documented() -> None:
    assert "bin/audit" in (ROOT / "SECURITY.md").read_text()
