"""Confusion matrices: of each true class, the share that a method predicts as each class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textune.results.csv_files import write_csv
from textune.results.names import row_name
from textune.results.predictions import Predictions
from textune.results.runs import Runs

HEADER = ("method", "actual", "predicted", "share")
DIGITS = 4

Row = tuple[str, str, str, float]


def write_confusion(runs: Runs, path: Path) -> None:
    """Write a row for each method and pair of classes, in the order of methods and classes."""
    write_csv(path, HEADER, confusion(runs))


def confusion(runs: Runs) -> list[Row]:
    """(method, true label, predicted label, share of the true label) on test, mean over seeds."""
    rows: list[Row] = []
    for method, of_method in runs.items():
        record = of_method[0].record
        shares = np.mean([_shares(run.predictions["test"]) for run in of_method], axis=0)
        rows += [
            (row_name(method, record.trainable_parameters), actual, predicted, round(share, DIGITS))
            for actual, row in zip(record.label_names, shares.tolist(), strict=True)
            for predicted, share in zip(record.label_names, row, strict=True)
        ]
    return rows


def _shares(predictions: Predictions) -> NDArray[np.float64]:
    """(k, k) rows are true classes; a row sums to 1, or to 0 for a class without an example."""
    from sklearn.metrics import confusion_matrix

    classes = range(predictions.probabilities.shape[1])
    shares: NDArray[np.float64] = confusion_matrix(
        predictions.labels, predictions.predicted, labels=classes, normalize="true"
    )
    return shares
