import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import recall_score

from textune.results.bootstrap import Interval, paired_bootstrap

Hits = NDArray[np.floating[Any]]


def interval(
    labels: NDArray[np.int64], one: Hits, other: Hits, metric: str = "accuracy", **changes: float
) -> Interval:
    settings = {"classes": 3, "confidence": 0.95, "resamples": 2000, "seed": 0} | changes
    found = paired_bootstrap(
        labels,
        {"one": one, "other": other},
        [("one", "other")],
        **settings,  # type: ignore[arg-type]
    )
    return found["one", "other"][metric]


def correlated_hits(random: np.random.Generator, n: int) -> tuple[Hits, Hits]:
    """Two methods that share half of their difficulties, right on 70 and 65 % of examples."""
    shared, own, other = random.random((3, n))
    hard = random.random(n) < 0.5
    one = np.where(hard, shared, own) < 0.70
    two = np.where(hard, shared, other) < 0.65
    return one * 1.0, two * 1.0


def test_accuracy_interval_is_that_of_the_normal_approximation() -> None:
    random = np.random.default_rng(1)
    one, other = correlated_hits(random, 2000)
    found = interval(random.integers(0, 3, 2000), one, other, resamples=9999)
    difference = (one - other).mean()
    error = (one - other).std() / np.sqrt(2000)
    assert found.difference == pytest.approx(difference)
    assert found.low == pytest.approx(difference - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(difference + 1.96 * error, abs=0.15 * error)


def test_macro_recall_interval_agrees_with_scipys_own_pairing() -> None:
    random = np.random.default_rng(2)
    labels = random.choice(3, 400, p=[0.6, 0.3, 0.1])
    one, other = correlated_hits(random, 400)

    def statistic(y: NDArray[np.int64], a: Hits, b: Hits) -> float:
        return float(np.mean([a[y == c].mean() - b[y == c].mean() for c in range(3)]))

    expected = stats.bootstrap(
        (labels, one, other),
        statistic,
        paired=True,
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    found = interval(labels, one, other, "macro_recall")
    assert found.difference == pytest.approx(statistic(labels, one, other))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.005)


def test_macro_recall_difference_is_that_of_the_scores_with_a_class_missing() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    predicted = {"one": np.array([0, 0, 1, 1, 1]), "other": np.array([0, 1, 1, 1, 0])}
    recalls = [
        recall_score(labels, p, labels=range(3), average="macro", zero_division=0)
        for p in predicted.values()
    ]
    hits = [(p == labels) * 1.0 for p in predicted.values()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # many resamples of 5 rows miss a class
        found = interval(labels, hits[0], hits[1], "macro_recall")
    assert found.difference == pytest.approx(recalls[0] - recalls[1])
    assert np.isfinite([found.low, found.high]).all()


def test_interval_covers_the_true_difference_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, 300)
    covered = 0
    for seed in range(200):
        found = interval(labels, *correlated_hits(random, 300), resamples=300, seed=seed)
        covered += found.low <= 0.05 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_methods_that_are_right_on_the_same_rows_differ_by_exactly_nothing() -> None:
    labels = np.arange(300) % 3
    hits = (np.arange(300) % 7 > 2) * 1.0
    assert interval(labels, hits, hits) == Interval(0.0, 0.0, 0.0)


def test_swapped_pair_mirrors_the_interval_and_higher_confidence_widens_it() -> None:
    random = np.random.default_rng(4)
    labels = random.integers(0, 3, 500)
    one, other = correlated_hits(random, 500)
    there, back = interval(labels, one, other), interval(labels, other, one)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    wide = interval(labels, one, other, confidence=0.99)
    assert wide.low < there.low < there.high < wide.high


def test_seed_decides_the_resamples() -> None:
    random = np.random.default_rng(5)
    labels = random.integers(0, 3, 500)
    hits = correlated_hits(random, 500)
    assert interval(labels, *hits) == interval(labels, *hits)
    assert interval(labels, *hits) != interval(labels, *hits, seed=1)
