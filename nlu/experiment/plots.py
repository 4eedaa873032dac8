"""Plots of the experiment's results, as SVG for docs/understanding.md."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
from matplotlib import pyplot

from nlu.corpus import FORMS

matplotlib.rcParams["svg.hashsalt"] = "phlov"  # the same results give the same file


def draw(folder: Path) -> None:
    """Draws what `folder` has results for."""
    for name, plot in (("development", _pipelines), ("curve", _curve), ("calibration", _calibration)):
        file = folder / f"{name}.json"
        if file.exists():
            figure = plot(json.loads(file.read_text("utf-8")))
            figure.tight_layout()
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            pyplot.close(figure)


def _pipelines(results: dict) -> pyplot.Figure:
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axis, measure in zip(axes, ("danger found", "right of three"), strict=True):
        for i, form in enumerate(FORMS):
            places = [n + 0.25 * (i - 1) for n in range(len(results))]
            axis.barh(places, [r[form][measure] for r in results.values()], 0.24, label=form)
        axis.set_title(f"{measure}{' at 3 % false alarms' if measure == 'danger found' else ''}")
        axis.set_xlim(0.3, 1)
    axes[0].set_yticks(range(len(results)), list(results))
    axes[0].invert_yaxis()
    axes[1].legend(loc="lower left")
    return figure


def _curve(results: dict) -> pyplot.Figure:
    figure, axes = pyplot.subplots(1, 3, figsize=(11, 3.6), sharey=True)
    counts = [int(n) for n in results]
    for axis, measure in zip(axes, ("right", "right of three", "danger found"), strict=True):
        for form in FORMS:
            axis.plot(counts, [r[form][measure] for r in results.values()], marker="o", label=form)
        axis.set_xscale("log", base=2)
        axis.set_xticks(counts, [str(n) for n in counts], rotation=45)
        axis.set_title(measure)
        axis.grid(alpha=0.3)
    axes[0].legend()
    return figure


def _calibration(results: dict) -> pyplot.Figure:
    figure, axis = pyplot.subplots(figsize=(4.5, 4.5))
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
    stated, true, _ = zip(*results["steps"], strict=True)
    axis.plot(stated, true, marker="o")
    axis.set_xlabel("stated probability of danger")
    axis.set_ylabel("share that was danger")
    return figure
