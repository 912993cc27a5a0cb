"""What more tuning would change: the best score to be expected of a method, by trials made.

Dodge et al. 2019, "Show your work: improved reporting of experimental results": of n trials, k
drawn at random with replacement have an expected best score. Curves that still rise or cross are a
sign that the search was short; no proof, since a search chooses its trials.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from textune.runs.tuning import Trial, read_adopted, read_tuning, trials_path


class Expected(NamedTuple):
    """Of `trials` trials of a method: the expected best accuracy, and their operations."""

    method: str
    trials: int
    operations: float
    accuracy: float


def expected_best(scores: Sequence[float]) -> list[float]:
    """For 1 to n trials, the expected highest of as many draws from the n scores."""
    ascending = np.sort(np.asarray(scores, float))
    shares = np.arange(len(ascending) + 1) / len(ascending)
    return [float(ascending @ np.diff(shares**drawn)) for drawn in range(1, len(ascending) + 1)]


def trials_of(names: Sequence[str], metrics: Path) -> dict[str, list[Trial]]:
    """By method its trials: of this run, or else of the search whose recipe was adopted."""
    adopted = read_adopted(metrics)
    found = {}
    for name in names:
        path = trials_path(name, metrics)
        trials = read_tuning(path).trials if path.is_file() else []
        if not trials and name in adopted:
            trials = adopted[name].trials
        if trials:
            found[name] = trials
    return found


def budget_curves(trials: Mapping[str, Sequence[Trial]]) -> list[Expected]:
    """The points of every method. Operations are those of so many trials on average."""
    points = []
    for name, of_method in trials.items():
        each = float(np.mean([trial.operations for trial in of_method]))
        best = expected_best([trial.accuracy for trial in of_method])
        points += [
            Expected(name, number, number * each, accuracy)
            for number, accuracy in enumerate(best, start=1)
        ]
    return points
