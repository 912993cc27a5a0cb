"""Stage `evaluate`: predictions of all runs in, scores, comparisons and plot data in metrics/ out.

Loads no model. Not named evaluate.py: that would hide the package `evaluate` from every stage.
"""

from textune.errors import run


def main() -> None:
    from textune.params import read_params

    params = read_params()

    from textune.io import write_json
    from textune.pipeline.paths import ERRORS, METRICS, MODELS, PREPARED
    from textune.report.at_a_glance import write_at_a_glance
    from textune.report.calibration import calibration_report
    from textune.report.slices import read_texts, slices, write_errors
    from textune.report.tables import print_table
    from textune.report.writing import write_results
    from textune.runs.loading import load_runs, split_skipped

    seeds, by_default = params.train.seeds, params.methods_by_default
    folders, left_out = split_skipped(MODELS, params.methods, seeds, by_default)
    runs = load_runs(folders, seeds, params.titles, params.evaluate.decision)
    comparison = write_results(runs, params.evaluate, METRICS, left_out)
    write_at_a_glance(runs, comparison, params.evaluate, METRICS)
    write_json(METRICS / "calibration.json", calibration_report(runs))
    texts = read_texts(PREPARED / "test.parquet", runs.first.predictions["test"].row_ids)
    write_json(METRICS / "slices.json", slices(runs, texts, params.evaluate))
    # These hold texts, so they go to DVC and not to git.
    write_errors(runs, texts, ERRORS)
    print_table(METRICS)


if __name__ == "__main__":
    run(main)
