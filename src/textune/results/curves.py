"""Validation curves: how each method's accuracy and loss move from epoch to epoch."""

import csv
from collections import defaultdict
from pathlib import Path
from statistics import fmean

from textune.errors import UserError
from textune.results.csv_files import write_csv
from textune.results.metrics import DIGITS
from textune.results.names import UNTRAINED, row_name
from textune.results.runs import Run, Runs

METRICS = ("accuracy", "loss")

Row = tuple[str, int, float]


def write_curves(runs: Runs, folder: Path) -> None:
    """Write `<metric>.csv` to `folder`: a row for each method and epoch, 0 being untrained.

    Long, not one column a method, so that a new method needs no change to the plot in dvc.yaml.
    Raises UserError if a run lacks its log.
    """
    for metric in METRICS:
        write_csv(folder / f"{metric}.csv", ["method", "epoch", metric], curves(runs, metric))


def curves(runs: Runs, metric: str) -> list[Row]:
    """(method, epoch, value) on validation: the mean over the seeds that reached the epoch."""
    rows: list[Row] = []
    for method, of_method in runs.items():
        if method == UNTRAINED:
            continue  # it is epoch 0 of every other method
        name = row_name(method, of_method[0].record.trainable_parameters)
        rows += [(name, epoch, value) for epoch, value in _mean_curve(of_method, metric).items()]
    return rows


def _mean_curve(of_method: list[Run], metric: str) -> dict[int, float]:
    by_epoch: defaultdict[int, list[float]] = defaultdict(list)
    for run in of_method:
        for epoch, value in _read_curve(run.folder, metric).items():
            by_epoch[epoch].append(value)
    return {epoch: round(fmean(values), DIGITS) for epoch, values in sorted(by_epoch.items())}


def _read_curve(run_folder: Path, metric: str) -> dict[int, float]:
    """Epoch to value, out of what DVCLive logged."""
    path = run_folder / "live/plots/metrics/validation" / f"{metric}.tsv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            return {int(row["step"]): float(row[metric]) for row in rows}
    except FileNotFoundError:
        raise UserError(f"{path} is missing: delete {run_folder} and run `dvc repro`") from None
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"{path} has no columns step and {metric} with a number in each row: "
            f"delete {run_folder} and run `dvc repro`"
        ) from None
