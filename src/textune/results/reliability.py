"""The data of the reliability diagram: of what confidence, what share is right."""

from pathlib import Path

import numpy as np

from textune.results.calibration import reliability
from textune.results.csv_files import write_csv
from textune.results.names import row_name
from textune.results.runs import Runs

HEADER = ("method", "confidence", "accuracy", "share")
DIGITS = 4

Row = tuple[str, float, float, float]


def write_reliability(runs: Runs, path: Path) -> None:
    """Write a row for each method and bin of confidence, in the order of methods and bins."""
    write_csv(path, HEADER, reliabilities(runs))


def reliabilities(runs: Runs) -> list[Row]:
    """(method, mean confidence, accuracy, share of the examples) of each bin on test.

    The examples of all seeds count together; a bin without any is left out.
    """
    rows: list[Row] = []
    for method, of_method in runs.items():
        name = row_name(method, of_method[0].record.trainable_parameters)
        test = [run.predictions["test"] for run in of_method]
        found = reliability(
            np.concatenate([one.labels for one in test]),
            np.concatenate([one.probabilities for one in test]),
        )
        share = found.examples / found.examples.sum()
        for number in np.flatnonzero(found.examples):
            values = found.confidence[number], found.accuracy[number], share[number]
            confidence, accuracy, part = (round(float(value), DIGITS) for value in values)
            rows.append((name, confidence, accuracy, part))
    return rows
