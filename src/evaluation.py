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
TEST = Path("data/prepared/test.parquet")
ERRORS = Path("data/errors")


def main() -> None:
    from textune.params import read_params

    write_results(read_params(), MODELS, TEST, METRICS, ERRORS)

    from textune.results.table import print_table

    print_table(METRICS)


def write_results(params: "Params", models: Path, test: Path, metrics: Path, errors: Path) -> None:
    """Score and compare the runs in `models`; write JSON and plot data to `metrics`.

    `test` is the prepared split. Tables of the worst errors, which hold texts, go to `errors`.
    """
    from textune.files import write_json
    from textune.results.comparison import comparison
    from textune.results.confusion import write_confusion
    from textune.results.curves import write_curves
    from textune.results.reliability import write_reliability
    from textune.results.runs import load_runs
    from textune.results.summary import cost, quality
    from textune.results.texts import read_texts, slices, write_errors

    runs = load_runs(models, params.train.seeds)
    write_json(metrics / "validation.json", quality(runs, "validation"))
    write_json(metrics / "quality.json", quality(runs, "test"))
    write_json(metrics / "cost.json", cost(runs))
    write_json(metrics / "comparison.json", comparison(runs, params.evaluate))
    write_curves(runs, metrics / "curves")
    write_confusion(runs, metrics / "confusion.csv")
    write_reliability(runs, metrics / "reliability.csv")
    texts = read_texts(test, next(iter(runs.values()))[0].predictions["test"].row_ids)
    write_json(metrics / "slices.json", slices(runs, texts, params.evaluate))
    write_errors(runs, texts, errors)


if __name__ == "__main__":
    run(main)
