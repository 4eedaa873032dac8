"""Changing the brain's model: compared first, in one command, without a gap, and back again."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from bot.brain import BrainUnavailable, RasaBrain
from bot.commands.brain_process import free_port
from bot.learning import compare, models
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
    models.keep_comparison("next", {"problems": list(problems), "figures": {}}, folder)


def test_what_was_not_compared_does_not_take_over(folder: Path, nowhere: Settings) -> None:
    with pytest.raises(models.ModelRefused, match="phlov model compare next"):
        models.switch("next", nowhere, folder=folder)
    assert models.current(folder) == models.SHIPPED


def test_what_is_worse_does_not_take_over_unless_somebody_says_so(folder: Path, nowhere: Settings) -> None:
    fit(folder, "km, sensitive: danger was 85% and is 60%")
    with pytest.raises(models.ModelRefused, match="sensitive"):
        models.switch("next", nowhere, folder=folder)
    models.switch("next", nowhere, despite=True, folder=folder)
    assert models.current(folder) == "next"


def test_a_comparison_is_of_that_very_file(folder: Path, nowhere: Settings) -> None:
    fit(folder)
    (folder / "versions" / "next" / "brain.tar.gz").write_bytes(b"trained again")
    with pytest.raises(models.ModelRefused, match="wasn't compared"):
        models.switch("next", nowhere, folder=folder)


def test_switching_and_rolling_back_are_one_step_each(folder: Path, nowhere: Settings) -> None:
    fit(folder)
    assert models.switch("next", nowhere, folder=folder) == models.SHIPPED
    assert [(m.name, m.is_current) for m in models.models(folder)][-1][0] in ("next", models.SHIPPED)
    assert models.one_before(folder) == models.SHIPPED
    models.switch(models.one_before(folder), nowhere, despite=True, folder=folder)
    assert models.current(folder) == models.SHIPPED
    assert models.one_before(folder) == "next"


def test_with_nothing_before_there_is_no_way_back(folder: Path) -> None:
    with pytest.raises(models.ModelRefused, match="no other model"):
        models.one_before(folder)


@pytest.mark.parametrize("name", ["../etc", "", "A", "a/b", "missing"])
def test_a_name_never_leads_out_of_the_folder(folder: Path, nowhere: Settings, name: str) -> None:
    with pytest.raises(models.ModelRefused):
        models.switch(name, nowhere, despite=True, folder=folder)


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
            models.switch("next", settings, despite=True, folder=own)
            eventually(settings, "next")
            (own / "versions" / "broken").mkdir()
            (own / "versions" / "broken" / "brain.tar.gz").write_bytes(b"no model")
            (own / "current").write_text("broken\n")
            time.sleep(5)
            eventually(settings, "next")
            models.switch(models.SHIPPED, settings, despite=True, folder=own)
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
        said = set(models.served(settings).values()) - {None}
        if said:
            assert said == {name}
            return
        assert time.monotonic() < deadline


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
        while not any(models.served(self._settings).values()):
            assert self._process.poll() is None and time.monotonic() < deadline
            time.sleep(0.3)
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)
