"""What `evaluate` writes that does not take the texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textune.config.sections import EvaluateParams
from textune.io import write_json
from textune.report.plot_data import write_plot_data
from textune.report.scores import cost, quality
from textune.runs.store import RunSet
from textune.stats.comparison import compare
from textune.stats.comparison_file import write_comparison
from textune.stats.other_scores import other_scores
from textune.stats.results import Comparison
from textune.stats.seeds import question_of


def write_results(
    runs: RunSet, settings: EvaluateParams, folder: Path, skipped: Mapping[str, str] = {}
) -> Comparison:
    """Score and compare the runs; write JSON and plot data to `folder`, and return the comparison.

    skipped: methods that did not run, and why.

    Raises `UserError` if names or titles of methods do not tell them apart, or a run is incomplete.
    """
    comparison = compare(runs, settings).model_copy(update={"skipped": dict(skipped) or None})
    write_comparison(folder / "comparison.json", comparison)
    write_json(folder / "intervals.json", _intervals(runs, settings))
    write_json(folder / "validation.json", quality(runs, "validation"))
    write_json(folder / "quality.json", quality(runs, "test"))
    write_json(folder / "cost.json", cost(runs))
    write_plot_data(runs, folder)
    return comparison


def _intervals(runs: RunSet, settings: EvaluateParams) -> list[dict[str, Any]]:
    """One record for each method and metric, with the interval of the verdicts' question.

    DVC's tables pass over lists, and would be too wide to read with these.
    """
    question = question_of(len(runs.seeds))
    records = []
    for one in other_scores(runs, settings):
        interval = one.score.answer(question)
        records.append(
            {
                "method": one.method,
                "metric": one.metric,
                "mean": one.score.mean,
                "low": interval.low,
                "high": interval.high,
                "question": question.value,
                "test_sd": one.score.test_sd,
                "seed_sd": one.score.seed_sd,
            }
        )
    return records
