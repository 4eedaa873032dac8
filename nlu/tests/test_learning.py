"""Learning: the matrices, the models, the fit of the gate, and the floor below which evaluation fails."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest

from bot.intents import ALL, SENSITIVE
from nlu import measure
from nlu.khmer.features import views
from nlu.learning import decision, report
from nlu.learning.ensemble import Ensemble
from nlu.learning.hidden_layer import HiddenLayer
from nlu.learning.two_stage import TwoStage
from nlu.learning.vectoriser import Vectoriser

TEXTS = [
    "he beats me",
    "he beats us at night",
    "new passport please",
    "passport price",
    "job in takeo",
    "any job",
]
INTENTS = ["gbv", "gbv", "doc_passport", "doc_passport", "job_find", "job_find"]


def result(label: str, outcome: str, intent: str | None = None, reason: str = "") -> measure.Result:
    return {
        "label": label,
        "form": "en",
        "outcome": outcome,
        "intent": intent,
        "reason": reason,
        "options": [],
    }


def test_every_view_of_a_message_has_length_one() -> None:
    messages = [views(text) for text in TEXTS]
    table = Vectoriser(rarest=1).fit(messages).transform(messages)
    present = numpy.array([sum(bool(features) for _, features in message) for message in messages])
    assert numpy.asarray(table.power(2).sum(axis=1)).ravel() == pytest.approx(present)


@pytest.mark.parametrize("with_vectors", [False, True])
@pytest.mark.parametrize("kind", [TwoStage, HiddenLayer, Ensemble])
def test_a_saved_model_says_the_same(
    kind: type[TwoStage] | type[HiddenLayer] | type[Ensemble], with_vectors: bool, tmp_path: Path
) -> None:
    messages = [views(text) for text in TEXTS]
    vectors = numpy.random.default_rng(7).normal(size=(len(TEXTS), 8)) if with_vectors else None
    vectoriser = Vectoriser(rarest=1).fit(messages)
    model = kind().fit(vectoriser.transform(messages), vectors, INTENTS)
    vectoriser.save(tmp_path)
    model.save(tmp_path)
    loaded = kind.load(tmp_path).probabilities(Vectoriser.load(tmp_path).transform(messages), vectors)
    assert loaded == pytest.approx(model.probabilities(vectoriser.transform(messages), vectors), abs=0.01)
    assert loaded.sum(axis=1) == pytest.approx(1)


def test_the_hidden_layer_reads_vectors_where_words_say_nothing() -> None:
    messages = [views(f"word{number}") for number in range(40)]
    intents = ["gbv" if number % 2 else "job_find" for number in range(40)]
    vectors = numpy.array([[1.0, number % 2] for number in range(40)])
    table = Vectoriser(rarest=1).fit(messages).transform(messages)
    layer = HiddenLayer(rounds=150, rarest=99).fit(table, vectors, intents)
    danger = layer.probabilities(table[:2], vectors[:2])[:, layer.intents.index("gbv")]
    assert danger[0] < 0.3 < 0.7 < danger[1]


def test_the_hidden_layer_learns_what_words_mean_alike() -> None:
    texts = [f"{verb} {who}" for verb in ("beats", "kicks", "slaps") for who in ("me", "us", "her", "him")]
    texts += [
        f"{paper} {word}" for paper in ("passport", "id card") for word in ("price", "where", "new", "old")
    ]
    intents = ["gbv"] * 12 + ["doc_passport"] * 6
    messages = [views(text) for text in texts]
    vectoriser = Vectoriser(rarest=1).fit(messages)
    layer = HiddenLayer(rounds=60, rarest=1).fit(vectoriser.transform(messages), None, intents)
    unseen = [views("slaps me and kicks her"), views("new id card price")]
    danger = layer.probabilities(vectoriser.transform(unseen), None)[:, layer.intents.index("gbv")]
    assert danger[0] > 0.7 > 0.3 > danger[1]


def test_the_fit_follows_the_signals_and_never_turns_them_round() -> None:
    chance = numpy.random.default_rng(7)
    results = []
    for i in range(600):
        dangerous = i % 3 == 0
        brain = float(numpy.clip(chance.normal(0.7 if dangerous else 0.2, 0.2), 0.01, 0.99))
        ranking = dict.fromkeys(ALL, (1 - brain) / (len(ALL) - 5)) | dict.fromkeys(SENSITIVE, brain / 5)
        results.append(
            {
                "label": "gbv" if dangerous else "job_find",
                "form": ("km", "km-Latn", "en")[i // 3 % 3],
                "pattern": bool(dangerous and chance.random() < 0.5),
                "score": float(-chance.normal(1 if dangerous else -1)),  # a signal that points the wrong way
                "ranking": ranking,
            }
        )
    content = decision.fit(results)
    for form in ("km", "km_Latn", "en"):
        pattern, score, brain, _ = content["together"][form]
        assert pattern > 0 and brain > 0 and score == 0


def test_what_is_worse_than_the_floor_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = tmp_path / "floor.yml"
    floor.write_text("with the brain: {sensitive: {danger: {is: least, forms: {en: 0.9}}}}", "utf-8")
    monkeypatch.setattr(measure, "FLOOR", floor)
    good = [result("gbv", "escalate", "gbv", "gbv")] * 10
    bad = [*good, *([result("gbv", "answer", "job_find")] * 2)]
    assert measure.below_floor({"with the brain": measure.shares(good)}) == []
    [problem] = measure.below_floor({"with the brain": measure.shares(bad)})
    assert "danger is 83.3%" in problem


def test_escalation_for_want_of_a_brain_is_no_danger_found() -> None:
    table = measure.shares([result("gbv", "escalate", None, "brain_unavailable")])
    assert table["en", "sensitive", "danger"].value == 0


def test_the_interval_holds_the_share_and_narrows() -> None:
    few, many = measure.Share(9, 10), measure.Share(900, 1000)
    assert few.low < 0.9 < few.high
    assert many.high - many.low < few.high - few.low
    assert measure.Share(9, 10).low == pytest.approx(0.596, abs=0.001)  # Wilson 1927 by hand


def test_the_report_shows_text_as_text() -> None:
    runs = {"with the brain": [{**result("gbv", "answer", "job_find"), "text": "<script>"}]}
    tables = {run: measure.shares(rows) for run, rows in [*runs.items(), ("without the brain", [])]}
    assert "<script>" not in report.page(runs, tables, [])
