"""Examples of one cluster are drawn and exchanged together."""

import numpy as np
import pytest
from numpy.typing import NDArray

from textune.stats.resampling import Patterns, bootstrap, permutation_pvalues

Labels = NDArray[np.int64]
RESAMPLES = 4000
# Four standard errors of the ratio of two standard deviations from so many resamples.
TOLERANCE = 4 / RESAMPLES**0.5


def models(n: int) -> tuple[Labels, Labels]:
    """Labels (n,) of three classes, and predictions (2, n) of models that are 65 and 70 % right."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, n)
    right = random.random((2, n)) < [[0.65], [0.7]]
    return labels, np.where(right, labels, (labels + 1) % 3)


def errors(patterns: Patterns, seed: int) -> NDArray[np.float64]:
    """(metrics, models + 1) standard errors of the scores and of the difference."""
    drawn = bootstrap(patterns, RESAMPLES, np.random.default_rng(seed))
    return np.concatenate([drawn, drawn[:, 1:] - drawn[:, :1]], axis=1).std(axis=-1)


def test_clusters_of_one_example_change_nothing() -> None:
    labels, predicted = models(500)
    clusters = np.array([f"c{number}" for number in range(500)], object)
    alone = Patterns.of(labels, predicted, 3, clusters)
    assert errors(alone, 0) == pytest.approx(
        errors(Patterns.of(labels, predicted, 3), 1), rel=TOLERANCE
    )


def test_k_copies_in_a_cluster_count_as_one_example() -> None:
    labels, predicted = models(500)
    k = 4
    copied, copies = np.repeat(labels, k), np.repeat(predicted, k, axis=1)
    clusters = np.repeat(np.arange(500), k)
    together = errors(Patterns.of(copied, copies, 3, clusters), 0)
    apart = errors(Patterns.of(copied, copies, 3), 1)
    assert together**2 == pytest.approx(k * apart**2, rel=2 * TOLERANCE)
    assert together == pytest.approx(errors(Patterns.of(labels, predicted, 3), 2), rel=TOLERANCE)


def test_every_cluster_brings_all_of_its_examples() -> None:
    random = np.random.default_rng(0)
    sizes = random.geometric(0.2, 150)
    cluster = np.repeat(np.arange(150), sizes)
    # Whether a model is right depends on the cluster; large clusters are harder.
    right = random.random(len(cluster)) < np.repeat(random.random(150) ** (sizes / 5), sizes)
    labels = np.ones(len(cluster), np.int64)
    drawn = bootstrap(
        Patterns.of(labels, right[None].astype(np.int64), 2, cluster),
        RESAMPLES,
        np.random.default_rng(1),
    )[0, 0]
    examples = [np.flatnonzero(cluster == number) for number in range(150)]
    expected = np.array(
        [
            right[np.concatenate([examples[c] for c in random.integers(150, size=150)])].mean()
            for _ in range(RESAMPLES)
        ]
    )
    assert drawn.std() == pytest.approx(expected.std(), rel=TOLERANCE)
    assert drawn.mean() == pytest.approx(expected.mean(), abs=6 * expected.std() / RESAMPLES**0.5)


def test_a_cluster_is_exchanged_as_a_whole() -> None:
    labels, predicted = models(120)
    plain = permutation_pvalues(Patterns.of(labels, predicted, 3), 9999, np.random.default_rng(0))
    copied, copies = np.repeat(labels, 4), np.repeat(predicted, 4, axis=1)
    clusters = np.repeat(np.arange(120), 4)
    together = permutation_pvalues(
        Patterns.of(copied, copies, 3, clusters), 9999, np.random.default_rng(1)
    )
    apart = permutation_pvalues(Patterns.of(copied, copies, 3), 9999, np.random.default_rng(1))
    assert together == pytest.approx(plain, abs=0.03)
    assert (apart < plain - 0.1).all()


def test_every_example_needs_a_cluster() -> None:
    labels, predicted = models(10)
    with pytest.raises(ValueError, match=r"10 examples have clusters of shape \(9,\)"):
        Patterns.of(labels, predicted, 3, np.arange(9))
