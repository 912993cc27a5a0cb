"""What `evaluate` writes that does not take the texts."""

from pathlib import Path

from textune.config.sections import EvaluateParams
from textune.io import write_json
from textune.report.plot_data import write_plot_data
from textune.report.scores import cost, quality
from textune.runs.store import RunSet
from textune.stats.comparison import compare
from textune.stats.comparison_file import write_comparison


def write_results(runs: RunSet, settings: EvaluateParams, folder: Path) -> None:
    """Score and compare the runs; write JSON and plot data to `folder`.

    Raises `UserError` if names or titles of methods do not tell them apart, or a run is incomplete.
    """
    write_comparison(folder / "comparison.json", compare(runs, settings))
    write_json(folder / "validation.json", quality(runs, "validation"))
    write_json(folder / "quality.json", quality(runs, "test"))
    write_json(folder / "cost.json", cost(runs))
    write_plot_data(runs, folder)
