"""The brain in a network of its own: it loads and answers with nothing but loopback there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from bot.settings import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.brain]

TOKEN = "isolation-test-token-0123"
_ASK = """
import json, socket, sys, time, urllib.error, urllib.request
def call(body=None):
    request = urllib.request.Request("http://127.0.0.1:5999/webhooks/turn/", body,
        {"Authorization": "Bearer TOKEN", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)
for _ in range(900):
    try:
        if call()["ready"]: break
    except (OSError, urllib.error.URLError): time.sleep(0.1)
turn = {"conversation": "x", "events": [], "text": "how do i get a passport", "metadata": {}}
intent = call(json.dumps(turn).encode())["parse"]["intent"]
reached = []
for address in ("1.1.1.1", "8.8.8.8", "10.0.0.1"):
    try:
        socket.create_connection((address, 443), timeout=1).close(); reached.append(address)
    except OSError: pass
print(json.dumps({"intent": intent, "reached": reached}))
""".replace("TOKEN", TOKEN)


def _can_unshare() -> bool:
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True)
    return tried.returncode == 0


@pytest.mark.skipif(not _can_unshare(), reason="this kernel gives no network namespaces to this user")
def test_the_brain_needs_no_network_and_in_one_without_a_way_out_reaches_nobody() -> None:
    script = (
        "ip link set lo up && (bin/brain >/dev/null 2>&1 & echo $! >&2; "
        '"$0" -c "$1"; status=$?; kill %1 2>/dev/null; exit $status)'
    )
    environment = {**os.environ, "RASA_URL": "http://127.0.0.1:5999", "RASA_TOKEN": TOKEN}
    python = str(ROOT / ".venv" / "bin" / "python")
    done = subprocess.run(
        ["unshare", "-rn", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", script, python, _ASK],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {"intent": "doc_passport", "reached": []}
