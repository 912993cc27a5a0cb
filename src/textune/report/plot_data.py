"""What plots are drawn from, as CSV: curves of validation, confusion matrices, reliability.

Every file is long, with the title of a method in the column `method`, so that a new method needs no
change to the plots in dvc.yaml.
"""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from textune.errors import UserError
from textune.io import write_csv
from textune.metrics.calibration import reliability
from textune.metrics.catalog import DIGITS
from textune.runs.store import Run, RunFolder, RunSet

CURVES = ("accuracy", "loss")
# Whole matrices of more classes are megabytes in git, and no picture that anybody can read.
MOST_CLASSES = 30
_SHARE_DIGITS = 4

CurveRow = tuple[str, int, float]
ConfusionRow = tuple[str, str, str, float]
ReliabilityRow = tuple[str, float, float, float]


def write_plot_data(runs: RunSet, folder: Path) -> None:
    """Write curves/<metric>.csv, confusion.csv and reliability.csv to `folder`.

    Prints a line if confusion.csv does not have all classes.
    Raises `UserError` if a run lacks the log of its epochs.
    """
    for metric in CURVES:
        header = ("method", "epoch", metric)
        write_csv(folder / "curves" / f"{metric}.csv", header, curves(runs, metric))
    header_of_confusion = ("method", "actual", "predicted", "share")
    write_csv(folder / "confusion.csv", header_of_confusion, confusion(runs))
    if len(runs.label_names) > MOST_CLASSES:
        print(
            f"{folder / 'confusion.csv'} has the {MOST_CLASSES} classes of the most frequent"
            f" confusions, of {len(runs.label_names):,} classes"
        )
    header_of_reliability = ("method", "confidence", "accuracy", "share")
    write_csv(folder / "reliability.csv", header_of_reliability, reliabilities(runs))


def curves(runs: RunSet, metric: str) -> list[CurveRow]:
    """(title, epoch, value) on validation: the mean over the seeds that reached the epoch.

    Epoch 0 is the untrained model, which has no rows of its own.
    """
    rows: list[CurveRow] = []
    for name in runs.methods:
        curve = _mean_curve(runs[name], metric)
        rows += [(runs.title(name), epoch, value) for epoch, value in curve.items()]
    return rows


def confusion(runs: RunSet) -> list[ConfusionRow]:
    """(title, true label, predicted label, share of the true label) on test, mean over seeds.

    Of `confused_classes`, which are all if they are few.
    """
    classes = confused_classes(runs)
    labels = [runs.label_names[number] for number in classes]
    rows: list[ConfusionRow] = []
    for name, of_method in runs.items():
        shares = np.mean([_confusion(run, classes) for run in of_method], axis=0)
        title = runs.title(name)
        rows += [
            (title, actual, predicted, round(share, _SHARE_DIGITS))
            for actual, of_actual in zip(labels, shares.tolist(), strict=True)
            for predicted, share in zip(labels, of_actual, strict=True)
        ]
    return rows


def confused_classes(runs: RunSet) -> list[int]:
    """The classes whose confusions are written, ascending: all, or `MOST_CLASSES` of more.

    Those are the classes of the most frequent confusions on test, all trained models together, and
    then, if fewer are ever confused, the first ones.
    """
    count = len(runs.label_names)
    if count <= MOST_CLASSES:
        return list(range(count))
    models = [run for name in runs.methods for run in runs[name]]
    actual = np.concatenate([run.predictions["test"].labels for run in models])
    predicted = np.concatenate([run.predicted("test") for run in models])
    wrong = actual != predicted
    confusions, times = np.unique((actual * count + predicted)[wrong], return_counts=True)
    most_frequent = confusions[np.argsort(-times, kind="stable")]
    by_frequency = np.stack(np.divmod(most_frequent, count), axis=1).ravel().tolist()
    return sorted(list(dict.fromkeys([*by_frequency, *range(count)]))[:MOST_CLASSES])


def reliabilities(runs: RunSet) -> list[ReliabilityRow]:
    """(title, mean confidence, accuracy, share of the examples) of each bin on test.

    The examples of all seeds count together; a bin without any is left out.
    """
    rows: list[ReliabilityRow] = []
    for name, of_method in runs.items():
        test = [run.predictions["test"] for run in of_method]
        bins = reliability(
            np.concatenate([predictions.labels for predictions in test]),
            np.concatenate([predictions.probabilities for predictions in test]),
        )
        shares = bins.examples / bins.examples.sum()
        for number in np.flatnonzero(bins.examples):
            values = bins.confidence[number], bins.accuracy[number], shares[number]
            confidence, accuracy, share = (round(float(x), _SHARE_DIGITS) for x in values)
            rows.append((runs.title(name), confidence, accuracy, share))
    return rows


def _mean_curve(of_method: Sequence[Run], metric: str) -> dict[int, float]:
    by_epoch: defaultdict[int, list[float]] = defaultdict(list)
    for run in of_method:
        for epoch, value in _read_curve(run.folder, metric).items():
            by_epoch[epoch].append(value)
    return {epoch: round(fmean(values), DIGITS) for epoch, values in sorted(by_epoch.items())}


def _read_curve(folder: RunFolder, metric: str) -> dict[int, float]:
    """Epoch to value, out of what dvclive logged."""
    path = folder.curve(metric)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            return {int(row["step"]): float(row[metric]) for row in rows}
    except FileNotFoundError:
        raise UserError(f"{path} is missing: delete {folder.path} and run `dvc repro`") from None
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"{path} has no columns step and {metric} with a number in each row: "
            f"delete {folder.path} and run `dvc repro`"
        ) from None


def _confusion(run: Run, classes: Sequence[int]) -> NDArray[np.float64]:
    """(c, c) of c classes: rows are true classes, shares of all the class's examples.

    With all classes a row sums to 1, or to 0 for a class without an example.
    """
    labels, predicted = run.predictions["test"].labels, run.predicted("test")
    place = np.full(len(run.record.label_names), len(classes))
    place[classes] = np.arange(len(classes))
    counts = np.zeros((len(classes) + 1, len(classes) + 1))
    np.add.at(counts, (place[labels], place[predicted]), 1)
    examples = np.maximum(counts[:-1].sum(axis=1, keepdims=True), 1)
    return counts[:-1, :-1] / examples
