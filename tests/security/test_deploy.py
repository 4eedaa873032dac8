"""What is given for running the helpline is right: units, nginx, alerts, and the pages they point to."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT

UNITS = ROOT / "deploy" / "systemd"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_the_units_are_right(tmp_path: Path) -> None:
    """As they are, but for the programs, which stand elsewhere on this machine."""
    for unit in UNITS.iterdir():
        text = re.sub(r"(?m)^(Exec\w+)=/opt/phlov/\S+", r"\1=/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0 and not checked.stderr.strip(), checked.stderr


def test_the_brains_unit_has_no_way_out_and_no_secret_of_ours() -> None:
    unit = (UNITS / "phlov-brain.service").read_text()
    assert "IPAddressDeny=any" in unit and "IPAddressAllow=localhost" in unit
    assert re.findall(r"EnvironmentFile=(\S+)", unit) == ["/etc/phlov/brain.env"]
    assert "User=phlov-brain" in unit and "/var/lib/phlov" in unit.split("InaccessiblePaths=")[1]


@pytest.mark.parametrize("unit", ["web", "worker", "brain", "backup"])
def test_no_unit_can_dump_core_or_write_elsewhere(unit: str) -> None:
    text = (UNITS / f"phlov-{unit}.service").read_text()
    for line in (
        "LimitCORE=0",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "UMask=0077",
        "PrivateTmp=yes",
    ):
        assert line in text


@pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx on this machine"
)
def test_nginx_takes_the_example(tmp_path: Path) -> None:
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    paths = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run([*certificate, *paths], check=True, capture_output=True)
    site = (ROOT / "deploy" / "nginx" / "phlov.conf").read_text()
    site = site.replace("/etc/ssl/helpline", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "site.conf").write_text(site)
    whole = f"events {{}}\npid {tmp_path}/pid;\nhttp {{ include {tmp_path}/site.conf; }}\n"
    (tmp_path / "nginx.conf").write_text(whole)
    checked = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True
    )
    assert checked.returncode == 0 and "[warn]" not in checked.stderr, checked.stderr


def test_every_alert_asks_for_a_figure_that_we_tell_and_points_to_a_page_that_is_there() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    figures = (ROOT / "bot" / "metrics.py").read_text()
    headings = re.findall(r"(?m)^## (.+)$", (ROOT / "docs" / "runbook.md").read_text())
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.casefold()).replace(" ", "-") for heading in headings}
    explained = (ROOT / "docs" / "alerts.md").read_text()
    assert len(rules) >= 10
    for rule in rules:
        assert all(f'"{name}"' in figures for name in re.findall(r"phlov_\w+", rule["expr"])), rule["alert"]
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/runbook.md" and anchor in anchors, anchor
        assert f"| {rule['alert']} |" in explained
