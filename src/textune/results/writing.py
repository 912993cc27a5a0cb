"""What `evaluate` writes of the runs alone, without their texts."""

from pathlib import Path

from textune.files import write_json
from textune.params import EvaluateParams
from textune.results.comparison import comparison
from textune.results.confusion import write_confusion
from textune.results.curves import write_curves
from textune.results.reliability import write_reliability
from textune.results.runs import Runs
from textune.results.summary import cost, quality


def write_results(runs: Runs, settings: EvaluateParams, metrics: Path) -> None:
    """Score and compare the runs; write JSON and plot data to the folder `metrics`."""
    write_json(metrics / "validation.json", quality(runs, "validation"))
    write_json(metrics / "quality.json", quality(runs, "test"))
    write_json(metrics / "cost.json", cost(runs))
    write_json(metrics / "comparison.json", comparison(runs, settings))
    write_curves(runs, metrics / "curves")
    write_confusion(runs, metrics / "confusion.csv")
    write_reliability(runs, metrics / "reliability.csv")
