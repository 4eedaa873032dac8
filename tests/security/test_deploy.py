"""What is given for running the helpline is right: units, nginx, alerts, and the pages they point to."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import metrics
from bot.database import Database
from bot.settings import ROOT, Settings

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
        "MemorySwapMax=0",
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


def test_every_alert_points_to_a_page_that_is_there_and_is_explained() -> None:
    headings = re.findall(r"(?m)^## (.+)$", (ROOT / "docs" / "runbook.md").read_text())
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.casefold()).replace(" ", "-") for heading in headings}
    explained = (ROOT / "docs" / "alerts.md").read_text()
    assert len(rules()) >= 10
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/runbook.md" and anchor in anchors, anchor
        assert f"| {rule['alert']} |" in explained


# What an alert's expression may be made of; promtool, which would know better, is not needed for this.
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[a-zA-Z_]\w*)(?P<labels>\{[^{}]*\})?|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<operator>[<>=!]=|[<>*/+-])|(?P<bracket>[()]))"""
)
_LABELS = re.compile(r"""\{\s*(?:\w+\s*(?:=|!=|=~|!~)\s*"[^"]*"\s*(?:,\s*)?)+\}""")
_JOINING = {"and", "or", "unless"}
_FUNCTIONS = {"max", "min", "sum", "absent"}
_NOT_OURS = {"up"}


def tokens(expression: str) -> list[re.Match[str]]:
    """The parts of an expression, all of it or an AssertionError."""
    found, place = [], 0
    while place < len(expression.rstrip()):
        token = _TOKEN.match(expression, place)
        assert token, f"not understood: {expression[place:]}"
        found.append(token)
        place = token.end()
    return found


def test_every_alert_is_a_whole_expression_over_figures_and_labels_that_we_export(
    settings: Settings, database: Database
) -> None:
    with database.reading() as session:
        exported = metrics.rendered(session, settings, brain_ready=True).decode()
    known = {line.split()[2] for line in exported.splitlines() if line.startswith("# HELP")}
    source = (ROOT / "bot" / "metrics.py").read_text()
    for rule in rules():
        parts = tokens(rule["expr"])
        brackets = [part["bracket"] for part in parts if part["bracket"]]
        depth = [sum(1 if b == "(" else -1 for b in brackets[: n + 1]) for n in range(len(brackets))]
        assert all(level >= 0 for level in depth) and (not depth or depth[-1] == 0), rule["alert"]
        operands = [
            bool(part["number"] or (part["name"] and part["name"] not in _JOINING))
            for part in parts
            if not part["bracket"] and part["name"] not in _FUNCTIONS
        ]
        # Figures and numbers, with one operator between each two.
        assert operands == [n % 2 == 0 for n in range(len(operands))] and len(operands) % 2, rule["alert"]
        for part in parts:
            if not part["name"] or part["name"] in _JOINING | _FUNCTIONS | _NOT_OURS:
                continue
            # Some figures are told only once there is something to tell.
            assert part["name"] in known or f'"{part["name"]}"' in source, part["name"]
            if part["labels"]:
                assert _LABELS.fullmatch(part["labels"]), part["labels"]
                for label in re.findall(r"(\w+)\s*(?:=|!)", part["labels"]):
                    assert re.search(rf'{part["name"]}\{{[^}}]*{label}="', exported), (part["name"], label)
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize("broken", ["phlov_queue{priority=1} > 3 $", "phlov_queue > > 3 #", 'x{a="b"'])
def test_a_broken_expression_is_noticed(broken: str) -> None:
    with pytest.raises(AssertionError):
        tokens(broken)


def rules() -> list[dict[str, Any]]:
    file = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())
    return [rule for group in file["groups"] for rule in group["rules"]]
