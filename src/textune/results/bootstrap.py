"""Intervals for the difference between two methods, by resampling the test examples.

Only the examples are drawn again, not the training: an interval tells how sure the difference
between *these trained models* is on other examples of the same kind, not what training with other
seeds would give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

_BATCH_CELLS = 1_000_000  # examples x resamples held at once: 8 MB an array


@dataclass(frozen=True)
class Interval:
    """A difference and the interval around it, both as shares (0.01 is one point)."""

    difference: float
    low: float
    high: float


Differences = dict[tuple[str, str], dict[str, Interval]]


def paired_bootstrap(
    labels: NDArray[np.integer],
    hits: Mapping[str, NDArray[np.floating]],
    pairs: Sequence[tuple[str, str]],
    *,
    classes: int,
    confidence: float,
    resamples: int,
    seed: int,
) -> Differences:
    """Percentile intervals of first minus second method of each pair: accuracy and macro recall.

    labels: (n,) true classes.
    hits: for each method (n,) 1 where it is right, 0 where it is wrong; with several seeds their
        mean for each example.
    classes: how many the models know; one without an example counts as recall 0 for all of them.
    confidence: of each interval by itself, 0 to 1; not corrected for the number of pairs.

    All methods are scored on the same resamples, so what is hard for all of them cancels out
    (the paired bootstrap of test sets: Koehn 2004, "Statistical Significance Tests for Machine
    Translation Evaluation"). The percentile interval is that of Efron & Tibshirani 1993, "An
    Introduction to the Bootstrap", chapter 13. BCa differs from it by less than 0.001 at 6,000
    examples, and is undefined for two methods that are right on the same ones.
    """
    names = list(hits)
    first = [names.index(one) for one, _ in pairs]
    second = [names.index(other) for _, other in pairs]
    counted = _counted(labels, np.column_stack([hits[name] for name in names]), classes)

    def differences(rows: NDArray[np.integer], axis: int = -1) -> NDArray[np.float64]:
        """(resamples, n) row numbers to (2, pairs, resamples); scipy always passes axis -1."""
        scores = _scores(_times_drawn(rows, len(labels)), counted, classes)
        return scores[:, first] - scores[:, second]

    examples = np.arange(len(labels))
    interval = stats.bootstrap(
        (examples,),
        differences,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _BATCH_CELLS // len(labels)),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    found = np.stack([differences(examples[None])[..., 0], interval.low, interval.high], axis=-1)
    return {
        pair: {
            metric: Interval(*found[which, number].tolist())
            for which, metric in enumerate(("accuracy", "macro_recall"))
        }
        for number, pair in enumerate(pairs)
    }


def _counted(
    labels: NDArray[np.integer], hits: NDArray[np.floating], classes: int
) -> NDArray[np.float64]:
    """(n, classes * (1 + methods)): what each example adds to a class's size and to its hits.

    Sums of these columns are all that the scores need, so a resample costs one row of a matrix
    product instead of a pass over the predictions of every method.
    """
    is_class = (labels[:, None] == np.arange(classes)).astype(np.float64)
    hits_in_class = is_class[:, :, None] * hits[:, None, :]
    return np.column_stack([is_class, hits_in_class.reshape(len(labels), -1)])


def _times_drawn(rows: NDArray[np.integer], n: int) -> NDArray[np.float64]:
    """(resamples, n) how often each of n examples stands in each resample."""
    resamples = len(rows)
    cells = rows + n * np.arange(resamples)[:, None]
    drawn = np.bincount(cells.ravel(), minlength=resamples * n)
    return drawn.reshape(resamples, n).astype(np.float64)


def _scores(
    weights: NDArray[np.float64], counted: NDArray[np.float64], classes: int
) -> NDArray[np.float64]:
    """(2, methods, resamples) accuracy and macro recall of weighted examples.

    A class that a resample misses counts as recall 0 for every method: no difference.
    """
    sums = (weights @ counted).T
    sizes = sums[:classes]
    hits = sums[classes:].reshape(classes, -1, len(weights))
    accuracy = hits.sum(axis=0) / sizes.sum(axis=0)
    macro_recall = (hits / np.maximum(sizes, 1)[:, None]).mean(axis=0)
    return np.stack([accuracy, macro_recall])
