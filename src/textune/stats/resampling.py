"""The test examples drawn again: scores of every model on the same resamples.

Examples with the same label and the same predictions of all models have one pattern. Patterns are
drawn in the place of examples, which is faster and changes no result.

Examples of one cluster (an author, a thread) are alike in what no label tells, so they count less
than as many examples of different clusters. With clusters, whole clusters are drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textune.metrics.catalog import COMPARED

_CELLS = 1_000_000  # columns x resamples held at once: 8 MB an array


@dataclass(frozen=True)
class Patterns:
    """The n examples, put together where label and all predictions are the same.

    labels: (g,) true classes; predicted: (models, g); sizes: (g,) examples of each pattern, n in
    all; classes: how many the models know. by_cluster: (clusters, g) examples of each pattern in
    each cluster; None if every example stands for itself.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    sizes: NDArray[np.int64]
    classes: int
    by_cluster: sparse.csr_array[np.float64, tuple[int, int]] | None = None

    @classmethod
    def of(
        cls,
        labels: NDArray[np.int64],
        predicted: NDArray[np.int64],
        classes: int,
        clusters: NDArray[Any] | None = None,
    ) -> "Patterns":
        """labels: (n,); predicted: (models, n); clusters: (n,) names, or None.

        Raises ValueError if there is not one name an example.
        """
        rows = np.vstack([labels, predicted])
        number = np.zeros(len(labels), np.int64)  # of the pattern by the rows so far
        for row in rows:
            _, number = np.unique(number * classes + row, return_inverse=True)
        _, first, pattern, sizes = np.unique(
            number, return_index=True, return_inverse=True, return_counts=True
        )
        counts = None if clusters is None else _by_cluster(clusters, pattern)
        return cls(rows[0, first], rows[1:, first], sizes, classes, counts)

    @property
    def examples(self) -> int:
        """n."""
        return int(self.sizes.sum())

    @property
    def absent(self) -> int:
        """How many classes have no example."""
        return self.classes - len(np.unique(self.labels))

    def is_class(self) -> NDArray[np.float64]:
        """(classes, g) 1 where the pattern is of the class."""
        return _indicators(self.labels, self.classes)

    def is_predicted(self) -> NDArray[np.float64]:
        """(models, classes, g) 1 where the model predicts the class."""
        return np.stack([_indicators(row, self.classes) for row in self.predicted])


def scores(patterns: Patterns) -> NDArray[np.float64]:
    """(metrics, models) of the examples as they are, defined as in `metrics.score`."""
    return _weighted(patterns, patterns.sizes[None].astype(np.float64))[..., 0]


def bootstrap(
    patterns: Patterns, resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """(metrics, models, resamples) scores on examples drawn again with replacement.

    All models are scored on the same resamples, so what is hard for all of them cancels out of
    their differences (the paired bootstrap of Koehn 2004, "Statistical Significance Tests for
    Machine Translation Evaluation"). Not stratified: a new test set would have other
    shares of the classes, too, and accuracy depends on them.

    With clusters, as many clusters are drawn as there are, each with all of its examples.
    """
    if patterns.by_cluster is None:
        units, shares = patterns.examples, patterns.sizes / patterns.examples
    else:
        units = patterns.by_cluster.shape[0]
        shares = np.full(units, 1 / units)
    drawn = []
    for count in _batches(resamples, max(len(shares), len(patterns.sizes))):
        times = random.multinomial(units, shares, size=count).astype(np.float64)
        drawn.append(_weighted(patterns, _of_patterns(patterns, times)))
    return np.concatenate(drawn, axis=-1)


def permutation_pvalues(
    patterns: Patterns, resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """(metrics, seeds + 1) two-sided p of the paired permutation test, of each seed and their mean.

    The models of `patterns` are the first method's seeds, then the second's, as many. If the
    methods were the same, it would be chance which of them gave which prediction for an example.
    So predictions are exchanged at random, an example at a time, in all seeds at once. The observed
    order counts as one of the permutations (Phipson & Smyth 2010, "Permutation P-values Should
    Never Be Zero").

    With clusters, the predictions of all examples of a cluster are exchanged together.
    """
    seeds = len(patterns.predicted) // 2
    is_class, is_predicted = patterns.is_class(), patterns.is_predicted()
    class_sizes = is_class @ patterns.sizes

    def differences(exchanged: NDArray[np.float64]) -> NDArray[np.float64]:
        """(draws, g) how many of each pattern are exchanged, to (metrics, seeds, draws)."""
        kept = patterns.sizes - exchanged
        by_seed = np.zeros((len(COMPARED), seeds, len(exchanged)))
        for seed in range(seeds):
            first, second = is_predicted[seed], is_predicted[seeds + seed]
            counts = []
            for of_class in (is_class, np.ones_like(is_class)):  # hits, then predictions
                in_first, in_second = first * of_class, second * of_class
                of_first = (kept @ in_first.T + exchanged @ in_second.T).T
                # What the first does not have, the second has.
                of_both = ((in_first + in_second) @ patterns.sizes)[:, None]
                counts.append((of_first, of_both - of_first))
            (first_hits, second_hits), (first_predicted, second_predicted) = counts
            by_seed[:, seed] = _scores(
                class_sizes, first_hits, first_predicted, patterns.absent
            ) - _scores(class_sizes, second_hits, second_predicted, patterns.absent)
        return by_seed

    observed = _with_mean(differences(np.zeros((1, len(patterns.sizes)))))
    # Differences that are equal in truth may differ in the last bit.
    least = np.abs(observed) - 1e-12
    extreme = np.zeros(observed.shape[:2])
    units = patterns.sizes
    if patterns.by_cluster is not None:
        units = np.ones(patterns.by_cluster.shape[0], np.int64)
    for count in _batches(resamples, max(len(units), len(patterns.sizes))):
        exchanged = random.binomial(units, 0.5, size=(count, len(units))).astype(np.float64)
        drawn = _with_mean(differences(_of_patterns(patterns, exchanged)))
        extreme += (np.abs(drawn) >= least).sum(axis=-1)
    return (1 + extreme) / (1 + resamples)


def _by_cluster(
    clusters: NDArray[Any], pattern: NDArray[np.int64]
) -> sparse.csr_array[np.float64, tuple[int, int]]:
    """(clusters, g) how many examples of each pattern a cluster has."""
    if clusters.shape != pattern.shape:
        raise ValueError(f"{len(pattern)} examples have clusters of shape {clusters.shape}")
    _, cluster = np.unique(clusters, return_inverse=True)
    return sparse.coo_array((np.ones(len(pattern)), (cluster, pattern))).tocsr()


def _of_patterns(patterns: Patterns, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """(draws, g) how often each pattern counts, from (draws, clusters), or (draws, g) as it is."""
    if patterns.by_cluster is None:
        return times
    return np.asarray((patterns.by_cluster.T @ times.T).T, np.float64)


def _with_mean(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([differences, differences.mean(axis=1, keepdims=True)], axis=1)


def _weighted(patterns: Patterns, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(metrics, models, draws) where each pattern counts `weights` (draws, g) times."""
    is_class = patterns.is_class()
    sizes = (weights @ is_class.T).T
    per_model = []
    for predicts in patterns.is_predicted():
        hits, predicted = (weights @ (predicts * is_class).T).T, (weights @ predicts.T).T
        per_model.append(_scores(sizes, hits, predicted, patterns.absent))
    return np.stack(per_model, axis=1)


def _scores(
    sizes: NDArray[np.float64],
    hits: NDArray[np.float64],
    predicted: NDArray[np.float64],
    absent: int,
) -> NDArray[np.float64]:
    """(metrics, draws) from the classes' numbers of examples, hits and predictions.

    hits and predicted: (classes, draws); sizes: the same or (classes,). The `absent` classes, which
    test has no example of, count as recall and F1 0. A class that only a draw misses does not count
    in that draw, or else rare classes would lower every resample's mean.
    """
    if sizes.ndim == 1:
        sizes = sizes[:, None]
    counted = (sizes > 0).sum(axis=0) + absent
    accuracy = hits.sum(axis=0) / sizes.sum(axis=0)
    recall = (hits / np.maximum(sizes, 1)).sum(axis=0) / counted
    f1 = (2 * hits / np.maximum(sizes + predicted, 1)).sum(axis=0) / counted
    by_metric = {"accuracy": accuracy, "macro_recall": recall, "macro_f1": f1}
    return np.stack([by_metric[metric] for metric in COMPARED])


def _indicators(values: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    return (values == np.arange(classes)[:, None]).astype(np.float64)


def _batches(resamples: int, columns: int) -> Iterator[int]:
    size = max(1, _CELLS // columns)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
