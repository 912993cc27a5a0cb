"""Stage `evaluate`: predictions of all runs in, scores, comparisons and plot data in metrics/ out.

Loads no model. Not named evaluate.py: that would hide the package `evaluate` from every stage.
"""

from pathlib import Path

from textune.errors import run

METRICS = Path("metrics")


def main() -> None:
    from textune.params import read_params

    params = read_params()

    from textune.files import write_json
    from textune.results.runs import load_runs
    from textune.results.table import print_table
    from textune.results.texts import read_texts, slices, write_errors
    from textune.results.writing import write_results

    runs = load_runs(Path("models"), params.train.seeds, params.evaluate.decision)
    first = next(iter(runs.values()))[0]
    write_results(runs, params.evaluate, METRICS)
    texts = read_texts(Path("data/prepared/test.parquet"), first.predictions["test"].row_ids)
    write_json(METRICS / "slices.json", slices(runs, texts, params.evaluate))
    # These hold texts, so they go to DVC and not to git.
    write_errors(runs, texts, Path("data/errors"))
    print_table(METRICS)


if __name__ == "__main__":
    run(main)
