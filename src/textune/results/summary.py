"""The three maps of numbers that reviewers read: quality, cost and comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from textune.results.bootstrap import Interval, paired_bootstrap
from textune.results.metrics import DIGITS, score
from textune.results.names import TRAINED_HEAD, UNTRAINED
from textune.results.predictions import Predictions
from textune.results.runs import Run, Runs, Split

Scores = dict[str, float]


def quality(runs: Runs, split: Split) -> dict[str, Scores]:
    """Each method's scores (see `metrics.score`), averaged over its seeds."""
    return {
        method: _mean([_score(run, split) for run in of_method])
        for method, of_method in runs.items()
    }


def cost(runs: Runs) -> dict[str, Scores]:
    """What each method costs, averaged over its seeds; of the peak memory the highest.

    train_seconds: s; peak_memory_mib: MiB; saved_bytes: bytes on disk of what the method trained.
    """
    return {method: _cost(of_method) for method, of_method in runs.items()}


def comparison(
    runs: Runs, *, confidence: float, resamples: int, seed: int
) -> dict[str, float | dict[str, Scores]]:
    """On test, each method against the trained head, and the trained head against the untrained.

    `<one>_minus_<other>` maps accuracy and macro_recall to `difference`, `low` and `high` (see
    `bootstrap.paired_bootstrap`), and `confidence` is that of the intervals. Without the trained
    head there is nothing to compare against.
    """
    if TRAINED_HEAD not in runs:
        return {"confidence": confidence}
    test = {
        method: [run.predictions["test"] for run in of_method] for method, of_method in runs.items()
    }
    pairs = [(method, TRAINED_HEAD) for method in runs if method not in (UNTRAINED, TRAINED_HEAD)]
    pairs.append((TRAINED_HEAD, UNTRAINED))
    found = paired_bootstrap(
        test[TRAINED_HEAD][0].labels,
        {method: _mean_hits(of_method) for method, of_method in test.items()},
        pairs,
        classes=len(runs[TRAINED_HEAD][0].record.label_names),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )
    compared = {
        f"{one}_minus_{other}": {name: _rounded(interval) for name, interval in metrics.items()}
        for (one, other), metrics in found.items()
    }
    return {"confidence": confidence, **compared}


def _score(run: Run, split: Split) -> Scores:
    predictions = run.predictions[split]
    return score(predictions.labels, predictions.probabilities, run.record.label_names)


def _mean(scores: Sequence[Mapping[str, float]]) -> Scores:
    return {name: round(fmean(one[name] for one in scores), DIGITS) for name in scores[0]}


def _mean_hits(predictions: Sequence[Predictions]) -> NDArray[np.float64]:
    return np.mean([one.hits for one in predictions], axis=0)


def _cost(of_method: Sequence[Run]) -> Scores:
    records = [run.record for run in of_method]
    return {
        "trainable_parameters": records[0].trainable_parameters,
        "total_parameters": records[0].total_parameters,
        "train_seconds": round(fmean(record.train_seconds for record in records), 1),
        "tweets_per_second": round(fmean(record.tweets_per_second for record in records), 1),
        "peak_memory_mib": round(max(record.peak_memory_mib for record in records), 1),
        "saved_bytes": round(fmean(record.saved_bytes for record in records)),
    }


def _rounded(interval: Interval) -> Scores:
    return {name: round(value, DIGITS) for name, value in asdict(interval).items()}
