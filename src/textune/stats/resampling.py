"""The test examples drawn again: scores of every model on the same resamples.

Examples with the same label and the same predictions of all models have one pattern. Patterns are
drawn in the place of examples, which is faster and changes no result.

Examples of one cluster (an author, a thread) are alike in what no label tells, so they count less
than as many examples of different clusters. With clusters, whole clusters are drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textune.stats.progress import shown

_CELLS = 1_000_000  # columns x resamples held at once: 8 MB an array

# One example has one class, so of (classes, g) numbers nearly all are 0.
_Counts = sparse.csr_array[np.float64, tuple[int, int]]


@dataclass(frozen=True)
class Patterns:
    """The n examples, put together where label and all predictions are the same.

    labels: (g,) true classes; predicted: (models, g); sizes: (g,) examples of each pattern, n in
    all; classes: how many the models know. by_cluster: (clusters, g) examples of each pattern in
    each cluster; None if every example stands for itself. named: classes whose mean F1 is a metric
    of its own, the last one, if there are any.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    sizes: NDArray[np.int64]
    classes: int
    by_cluster: _Counts | None = None
    named: Sequence[int] = ()

    @classmethod
    def of(
        cls,
        labels: NDArray[np.int64],
        predicted: NDArray[np.int64],
        classes: int,
        clusters: NDArray[Any] | None = None,
        named: Sequence[int] = (),
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
        return cls(rows[0, first], rows[1:, first], sizes, classes, counts, named)

    @property
    def examples(self) -> int:
        """n."""
        return int(self.sizes.sum())

    @cached_property
    def absent(self) -> int:
        """How many classes have no example."""
        return self.classes - len(np.unique(self.labels))

    @cached_property
    def of_class(self) -> _Counts:
        """(classes, g) 1 where the pattern is of the class."""
        return _indicators(self.labels, self.classes)

    @cached_property
    def of_models(self) -> list[_Counts]:
        """By model (2 classes, g): 1 where it finds the class, then 1 where it predicts it."""
        of_models = []
        for predicted in self.predicted:
            is_predicted = _indicators(predicted, self.classes)
            is_found = is_predicted.multiply(self.of_class)
            of_models.append(sparse.vstack([is_found, is_predicted], "csr"))
        return of_models


def scores(patterns: Patterns) -> NDArray[np.float64]:
    """(metrics, models) of the examples as they are, defined as in `metrics.score`.

    The metrics are those of `COMPARED`, in its order, and that of the classes in `named`.
    """
    return _weighted(patterns, patterns.sizes[:, None].astype(np.float64))[..., 0]


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
    columns = max(len(shares), len(patterns.sizes), 2 * patterns.classes)
    batches = list(_batches(resamples, columns))
    for count in shown(batches, len(batches), "drawing test examples again"):
        times = random.multinomial(units, shares, size=count)
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
    sizes = patterns.sizes[:, None].astype(np.float64)
    class_sizes = _sums(patterns.of_class, sizes)
    firsts, seconds = patterns.of_models[:seeds], patterns.of_models[seeds:]
    shape = (seeds, 2, patterns.classes, -1)
    first, second = (
        np.stack([_sums(of_model, sizes) for of_model in of_models]).reshape(shape)
        for of_models in (firsts, seconds)
    )
    gains = sparse.vstack([two - one for one, two in zip(firsts, seconds, strict=True)], "csr")

    def differences(exchanged: NDArray[np.float64]) -> NDArray[np.float64]:
        """(g, draws) how many of each pattern are exchanged, to (metrics, seeds, draws)."""
        gained = _sums(gains, exchanged).reshape(shape)
        # What the first gains, the second loses.
        by_seed = [
            _scores(class_sizes, first[seed] + gain, patterns)
            - _scores(class_sizes, second[seed] - gain, patterns)
            for seed, gain in enumerate(gained)
        ]
        return np.stack(by_seed, axis=1)

    observed = _with_mean(differences(np.zeros_like(sizes)))
    # Differences that are equal in truth may differ in the last bit.
    least = np.abs(observed) - 1e-12
    extreme = np.zeros(observed.shape[:2])
    units = patterns.sizes
    if patterns.by_cluster is not None:
        units = np.ones(patterns.by_cluster.shape[0], np.int64)
    for count in _batches(resamples, max(len(units), *gains.shape)):
        exchanged = random.binomial(units, 0.5, size=(count, len(units)))
        drawn = _with_mean(differences(_of_patterns(patterns, exchanged)))
        extreme += (np.abs(drawn) >= least).sum(axis=-1)
    return (1 + extreme) / (1 + resamples)


def _by_cluster(clusters: NDArray[Any], pattern: NDArray[np.int64]) -> _Counts:
    """(clusters, g) how many examples of each pattern a cluster has."""
    if clusters.shape != pattern.shape:
        raise ValueError(f"{len(pattern)} examples have clusters of shape {clusters.shape}")
    _, cluster = np.unique(clusters, return_inverse=True)
    return sparse.coo_array((np.ones(len(pattern)), (cluster, pattern))).tocsr()


def _of_patterns(patterns: Patterns, times: NDArray[np.int64]) -> NDArray[np.float64]:
    """(g, draws) how often each pattern counts, from (draws, clusters) or (draws, g)."""
    columns = np.ascontiguousarray(times.T, np.float64)
    if patterns.by_cluster is None:
        return columns
    return _sums(patterns.by_cluster.T.tocsr(), columns)


def _sums(counts: _Counts, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, draws) of (rows, g) and (g, draws). Sums of whole numbers, so their order is free."""
    return np.asarray(counts @ weights, np.float64)


def _with_mean(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([differences, differences.mean(axis=1, keepdims=True)], axis=1)


def _weighted(patterns: Patterns, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(metrics, models, draws) where each pattern counts `weights` (g, draws) times."""
    sizes = _sums(patterns.of_class, weights)
    shape = (2, patterns.classes, -1)
    per_model = [
        _scores(sizes, _sums(of_model, weights).reshape(shape), patterns)
        for of_model in patterns.of_models
    ]
    return np.stack(per_model, axis=1)


def _scores(
    sizes: NDArray[np.float64], of_model: NDArray[np.float64], patterns: Patterns
) -> NDArray[np.float64]:
    """(metrics, draws) from the classes' numbers of examples, and a model's hits and predictions.

    sizes: (classes, draws) or (classes, 1); of_model: (2, classes, draws). Classes that
    test has no example of count as recall and F1 0. A class that only a draw misses does not
    count in that draw, or else rare classes would lower every resample's mean.
    """
    hits, predicted = of_model
    counted = (sizes > 0).sum(axis=0) + patterns.absent
    accuracy = hits.sum(axis=0) / sizes.sum(axis=0)
    recall = (hits / np.maximum(sizes, 1)).sum(axis=0) / counted
    f1 = 2 * hits / np.maximum(sizes + predicted, 1)
    metrics = [accuracy, recall, f1.sum(axis=0) / counted]
    if patterns.named:
        metrics.append(f1[list(patterns.named)].mean(axis=0))
    return np.stack(metrics)


def _indicators(values: NDArray[np.int64], classes: int) -> _Counts:
    """(classes, g) 1 in the row of each of g values."""
    places = values, np.arange(len(values))
    return sparse.coo_array((np.ones(len(values)), places), (classes, len(values))).tocsr()


def _batches(resamples: int, columns: int) -> Iterator[int]:
    size = max(1, _CELLS // columns)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
