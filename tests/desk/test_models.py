"""Changing the brain's model: compared first, in one command, without a gap, and back again."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.brain import BrainUnavailable, RasaBrain
from bot.commands.brain_process import free_port
from bot.learning import compare, models, switching
from bot.settings import ROOT, Settings, load_settings
from nlu.measure import Result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two trained models; the files' content is of no matter here."""
    for file, content in (("brain.tar.gz", b"a"), ("versions/next/brain.tar.gz", b"b")):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    return tmp_path


@pytest.fixture
def nowhere(tmp_path: Path) -> Settings:
    return load_settings({"PHLOV_VAR": str(tmp_path / "var"), "RASA_URL": f"http://127.0.0.1:{free_port()}"})


def fit(folder: Path, *problems: str) -> None:
    models.keep_comparison("next", {"problems": list(problems), "figures": []}, folder)


def test_what_was_not_compared_does_not_take_over(folder: Path, nowhere: Settings) -> None:
    with pytest.raises(models.ModelRefused, match="phlov model compare next"):
        switching.switch("next", nowhere, folder=folder)
    assert models.current(folder) == models.SHIPPED


def test_what_is_worse_does_not_take_over_unless_somebody_says_so(folder: Path, nowhere: Settings) -> None:
    fit(folder, "km, sensitive: danger was 85% and is 60%")
    with pytest.raises(models.ModelRefused, match="sensitive"):
        switching.switch("next", nowhere, folder=folder)
    switching.switch("next", nowhere, despite=True, folder=folder)
    assert models.current(folder) == "next"


def test_a_comparison_is_of_that_very_file(folder: Path, nowhere: Settings) -> None:
    fit(folder)
    (folder / "versions" / "next" / "brain.tar.gz").write_bytes(b"trained again")
    with pytest.raises(models.ModelRefused, match="wasn't compared"):
        switching.switch("next", nowhere, folder=folder)


def test_switching_and_rolling_back_are_one_step_each(folder: Path, nowhere: Settings) -> None:
    fit(folder)
    assert switching.switch("next", nowhere, folder=folder) == models.SHIPPED
    assert [(m.name, m.is_current) for m in models.models(folder)][-1][0] in ("next", models.SHIPPED)
    assert switching.one_before(folder) == models.SHIPPED
    switching.switch(switching.one_before(folder), nowhere, despite=True, folder=folder)
    assert models.current(folder) == models.SHIPPED
    assert switching.one_before(folder) == "next"


def test_with_nothing_before_there_is_no_way_back(folder: Path) -> None:
    with pytest.raises(models.ModelRefused, match="no other model"):
        switching.one_before(folder)


def test_one_change_at_a_time_and_what_was_cut_off_is_told_and_can_be_taken_back(
    folder: Path, nowhere: Settings
) -> None:
    fit(folder)
    under_way = switching.begin("next", folder=folder)
    with pytest.raises(models.ModelRefused) as refused:
        switching.begin(models.SHIPPED, folder=folder)
    assert refused.value.problem == "busy"
    newest = switching.newest(folder)
    assert newest and newest.state == "under_way"
    os.close(under_way._lock)  # as when the process dies
    newest = switching.newest(folder)
    assert newest and newest.state == "interrupted"
    switching.switch(switching.one_before(folder), nowhere, despite=True, folder=folder)
    assert models.current(folder) == models.SHIPPED


def test_what_the_brain_does_not_take_is_taken_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The brain here is elsewhere: it goes on with the model that it has."""
    monkeypatch.setattr(switching, "_WAIT_SECONDS", 0.5)
    fit(folder)
    with a_brain_elsewhere() as url:
        settings = load_settings({"PHLOV_VAR": str(tmp_path / "var"), "RASA_URL": url})
        with pytest.raises(models.ModelRefused) as refused:
            switching.switch("next", settings, folder=folder)
    assert refused.value.problem == "not_taken" and models.current(folder) == models.SHIPPED
    newest = switching.newest(folder)
    assert newest and newest.state == "refused"
    with pytest.raises(models.ModelRefused, match="no other model"):
        switching.one_before(folder)


def test_the_name_is_readable_for_the_brain_whose_user_is_another(folder: Path, nowhere: Settings) -> None:
    before = os.umask(0o077)
    try:
        switching.switch("next", nowhere, despite=True, folder=folder)
    finally:
        os.umask(before)
    assert (folder / "serving" / "current").stat().st_mode & 0o777 == 0o644


def test_where_it_cannot_be_written_that_is_said(folder: Path) -> None:
    (folder / "serving").write_text("no folder")
    with pytest.raises(models.ModelRefused) as refused:
        switching.begin("next", despite=True, folder=folder)
    assert refused.value.problem == "not_here"


@pytest.mark.parametrize("name", ["../etc", "", "A", "a/b", "missing"])
def test_a_name_never_leads_out_of_the_folder(folder: Path, nowhere: Settings, name: str) -> None:
    with pytest.raises(models.ModelRefused):
        switching.switch(name, nowhere, despite=True, folder=folder)


def results(danger: int, of: int = 100) -> list[Result]:
    """So many of the dangers are called as such; everything else is right."""
    rows: list[Result] = []
    for form in ("km", "km-Latn", "en"):
        for number in range(of):
            seen = number < danger
            outcome = {"outcome": "escalate" if seen else "offer", "reason": "gbv" if seen else ""}
            rows.append({"form": form, "label": "gbv", "way": "", "intent": None, "options": [], **outcome})
        right = {"outcome": "answer", "intent": "job_find", "reason": "", "options": []}
        rows += [{"form": form, "label": "job_find", "way": "", **right}] * 10
    return rows


def test_a_model_that_misses_more_danger_is_refused_and_a_better_one_is_not() -> None:
    assert compare.compared(results(95), results(90))["problems"] == []
    worse = compare.compared(results(86), results(95))["problems"]
    assert any("sensitive: danger was 95.0% and is 86.0%" in problem for problem in worse)
    below = compare.compared(results(60), results(60))["problems"]
    assert any("least is" in problem for problem in below)


def test_a_few_messages_either_way_are_chance_but_not_where_danger_is_named() -> None:
    def with_lost(lost: int, gained: int, way: str = "") -> list[str]:
        """Of ten dangers that only one of the models sees, and ninety that both see."""
        old, new = results(95), results(95)
        danger = [i for i, row in enumerate(old) if row["label"] == "gbv" and row["form"] == "km"]
        for row in (*old, *new):
            row["way"] = way if row["label"] == "gbv" else ""
        for i in danger[:lost]:
            new[i] = {**new[i], "outcome": "offer", "reason": ""}
        for i in danger[lost : lost + gained]:
            old[i] = {**old[i], "outcome": "offer", "reason": ""}
        return [p for p in compare.compared(new, old)["problems"] if p.startswith("km, ")]

    assert with_lost(6, 4) == []
    assert any("km, sensitive" in problem for problem in with_lost(9, 1))
    assert any("km, named" in problem for problem in with_lost(6, 4, way="direct"))


@pytest.mark.brain
@pytest.mark.processes
def test_a_new_model_takes_over_and_back_while_every_turn_is_answered(tmp_path: Path) -> None:
    """Real Rasa processes on copies of the trained model, and turns taken all the time."""
    if not (ROOT / "models" / "brain.tar.gz").exists():
        pytest.skip("no trained model")
    own = tmp_path / "models"
    (own / "versions" / "next").mkdir(parents=True)
    for file in (own / "brain.tar.gz", own / "versions" / "next" / "brain.tar.gz"):
        shutil.copy(ROOT / "models" / "brain.tar.gz", file)
    url = f"http://127.0.0.1:{free_port()}"
    settings = load_settings({"PHLOV_VAR": str(tmp_path / "var"), "RASA_URL": url})
    for name in ("nlu", "bot", "flows", "facts", "bin"):
        (tmp_path / name).symlink_to(ROOT / name)
    with serving(tmp_path, settings) as process:
        failures, taken = [], itertools.count()
        done = threading.Event()

        def write() -> None:
            brain = RasaBrain(settings)
            while not done.is_set():
                try:
                    brain.turn([], "i lost my id card")
                    next(taken)
                except BrainUnavailable as problem:
                    failures.append(str(problem))
                time.sleep(0.02)

        person = threading.Thread(target=write)
        person.start()
        try:
            switching.switch("next", settings, despite=True, folder=own)
            eventually(settings, "next")
            (own / "versions" / "broken").mkdir()
            (own / "versions" / "broken" / "brain.tar.gz").write_bytes(b"no model")
            (own / "serving" / "current").write_text("broken\n")
            time.sleep(5)
            eventually(settings, "next")
            switching.switch(models.SHIPPED, settings, despite=True, folder=own)
            eventually(settings, models.SHIPPED)
        finally:
            done.set()
            person.join()
        assert process.poll() is None
        assert next(taken) > 10 and len(failures) <= 1, failures


def eventually(settings: Settings, name: str) -> None:
    """Waits until the brain has time to say what it serves: `name`, and nothing else before."""
    deadline = time.monotonic() + 60
    while True:
        said = set(switching.served(settings).values()) - {None}
        if said:
            assert said == {name}
            return
        assert time.monotonic() < deadline


@contextmanager
def a_brain_elsewhere() -> Iterator[str]:
    """The address of something that says that it serves the shipped model, and goes on doing so."""

    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ready": true, "model": "shipped"}')

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Says)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class serving:
    """bin/brain's own server on models of its own, as a context manager."""

    def __init__(self, place: Path, settings: Settings) -> None:
        self._place, self._settings = place, settings

    def __enter__(self) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._place),
            "PYTHONPATH": str(self._place),
            "PYTHONWARNINGS": "ignore",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "RASA_TELEMETRY_ENABLED": "false",
            "RASA_TOKEN": self._settings.rasa_token,
            "LOG_LEVEL": "ERROR",
        }
        port = self._settings.rasa_urls[0].rpartition(":")[2]
        credentials = ["--credentials", "flows/credentials.yml", "--endpoints", "flows/endpoints.yml"]
        command = [str(ROOT / "nlu/.venv/bin/python"), "-m", "nlu.serve", "127.0.0.1", port, *credentials]
        self._process = subprocess.Popen(command, cwd=self._place, env=environment)
        deadline = time.monotonic() + 180
        while not any(switching.served(self._settings).values()):
            assert self._process.poll() is None and time.monotonic() < deadline
            time.sleep(0.3)
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)
