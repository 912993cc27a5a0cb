"""Stage `evaluate`: predictions of all runs in, scores, comparisons and plot data in metrics/ out.

Loads no model. Not named evaluate.py: that would hide the package `evaluate` from every stage.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from textune.errors import run

if TYPE_CHECKING:
    from textune.params import Params

MODELS = Path("models")
METRICS = Path("metrics")


def main() -> None:
    from textune.params import read_params

    write_results(read_params(), MODELS, METRICS)

    from textune.results.table import print_table

    print_table(METRICS)


def write_results(params: "Params", models: Path, metrics: Path) -> None:
    """Score and compare the runs in `models`; write JSON and plot data to `metrics`."""
    from textune.files import write_json
    from textune.results.confusion import write_confusion
    from textune.results.curves import write_curves
    from textune.results.runs import load_runs
    from textune.results.summary import comparison, cost, quality

    runs = load_runs(models, params.train.seeds)
    statistics = params.evaluate
    compared = comparison(
        runs,
        confidence=statistics.confidence,
        resamples=statistics.resamples,
        seed=statistics.seed,
    )
    write_json(metrics / "validation.json", quality(runs, "validation"))
    write_json(metrics / "quality.json", quality(runs, "test"))
    write_json(metrics / "cost.json", cost(runs))
    write_json(metrics / "comparison.json", compared)
    write_curves(runs, metrics / "curves")
    write_confusion(runs, metrics / "confusion.csv")


if __name__ == "__main__":
    run(main)
