import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score, recall_score

from textune.stats.resampling import Patterns, bootstrap, permutation_pvalues, scores

Labels = NDArray[np.int64]


def models(seed: int, n: int, *accuracies: float, classes: int = 3) -> tuple[Labels, Labels]:
    """Labels (n,) and predictions (models, n); what is hard for one model is for all."""
    random = np.random.default_rng(seed)
    labels = random.choice(classes, n, p=np.arange(classes, 0, -1) / sum(range(classes + 1)))
    hard = random.random(n)
    wrong = (labels + random.integers(1, classes, (len(accuracies), n))) % classes
    right = 0.7 * hard + 0.3 * random.random((len(accuracies), n))
    limits = np.quantile(right, accuracies)[:, None]
    return labels, np.where(right < limits, labels, wrong)


def test_scores_are_those_of_scikit_learn() -> None:
    labels, predicted = models(0, 500, 0.6, 0.7)
    values = scores(Patterns.of(labels, predicted, 3))
    for number, row in enumerate(predicted):
        assert values[:, number] == pytest.approx(
            [
                (row == labels).mean(),
                recall_score(labels, row, average="macro"),
                f1_score(labels, row, average="macro"),
            ]
        )


def test_mean_f1_of_named_classes_is_that_of_scikit_learn() -> None:
    labels, predicted = models(0, 500, 0.6, 0.7)
    patterns = Patterns.of(labels, predicted, 3, named=[2, 0])
    values = scores(patterns)
    for number, row in enumerate(predicted):
        expected = f1_score(labels, row, labels=[2, 0], average="macro")
        assert values[3, number] == pytest.approx(expected)
    drawn = bootstrap(patterns, 300, np.random.default_rng(0))
    assert drawn.shape == (4, 2, 300)
    assert drawn[3].mean(axis=-1) == pytest.approx(values[3], abs=0.01)
    pvalues = permutation_pvalues(patterns, 500, np.random.default_rng(0))
    assert pvalues.shape == (4, 2)
    same = Patterns.of(labels, np.stack([predicted[0]] * 2), 3, named=[2, 0])
    assert permutation_pvalues(same, 500, np.random.default_rng(0))[3, 0] == 1 > pvalues[3, 0]


def test_a_class_without_examples_or_predictions_counts_as_0() -> None:
    labels, predicted = np.array([0, 0, 1, 1]), np.array([[0, 1, 1, 1]])
    values = scores(Patterns.of(labels, predicted, 3))[:, 0]
    expected = [
        0.75,
        recall_score(labels, predicted[0], labels=range(3), average="macro", zero_division=0),
        f1_score(labels, predicted[0], labels=range(3), average="macro", zero_division=0),
    ]
    assert values == pytest.approx(expected)
    drawn = bootstrap(Patterns.of(labels, predicted, 3), 500, np.random.default_rng(0))
    assert np.isfinite(drawn).all()


def test_a_rare_class_that_a_resample_misses_does_not_lower_its_mean() -> None:
    labels = np.array([0] * 50 + [1] * 50 + [2])
    drawn = bootstrap(Patterns.of(labels, labels[None], 3), 500, np.random.default_rng(0))
    assert (drawn == 1).all()


def test_patterns_hold_every_example_once() -> None:
    labels, predicted = models(1, 999, 0.6, 0.7, 0.8)
    patterns = Patterns.of(labels, predicted, 3)
    assert patterns.examples == 999
    back = np.repeat(np.vstack([patterns.labels, patterns.predicted]), patterns.sizes, axis=1)
    columns = np.vstack([labels, predicted])
    assert sorted(map(tuple, back.T)) == sorted(map(tuple, columns.T))


def test_bootstrap_agrees_with_scipys() -> None:
    labels, predicted = models(2, 400, 0.62, 0.7)

    def macro_recall(y: Labels, a: Labels, b: Labels) -> float:
        return float(np.mean([(b[y == c] == c).mean() - (a[y == c] == c).mean() for c in range(3)]))

    expected = stats.bootstrap(
        (labels, *predicted), macro_recall, paired=True, n_resamples=3000, method="percentile",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    drawn = bootstrap(Patterns.of(labels, predicted, 3), 3000, np.random.default_rng(1))[1]
    difference = drawn[1] - drawn[0]
    assert difference.std(ddof=1) == pytest.approx(expected.standard_error, rel=0.06)
    low, high = expected.confidence_interval
    assert np.quantile(difference, [0.025, 0.975]) == pytest.approx([low, high], abs=0.006)


def test_the_same_models_differ_on_no_resample() -> None:
    labels, predicted = models(3, 300, 0.7)
    twice = np.vstack([predicted, predicted])
    drawn = bootstrap(Patterns.of(labels, twice, 3), 100, np.random.default_rng(0))
    assert (drawn[:, 0] == drawn[:, 1]).all()
    pvalues = permutation_pvalues(Patterns.of(labels, twice, 3), 100, np.random.default_rng(0))
    assert (pvalues == 1).all()


@pytest.mark.slow
def test_permutation_agrees_with_scipys() -> None:
    labels, predicted = models(4, 250, 0.6, 0.66)

    def macro_f1(a: Labels, b: Labels) -> float:
        first, second = (f1_score(labels, x.astype(int), average="macro") for x in (a, b))
        return float(first - second)

    expected = stats.permutation_test(
        (predicted[0], predicted[1]), macro_f1, permutation_type="samples", n_resamples=1500,
        rng=np.random.default_rng(0),
    ).pvalue  # fmt: skip
    patterns = Patterns.of(labels, predicted, 3)
    pvalues = permutation_pvalues(patterns, 9999, np.random.default_rng(0))
    # One seed: its p is that of the mean.
    assert (pvalues[:, 0] == pvalues[:, 1]).all()
    # Four standard errors of the coarser of the two.
    assert pvalues[2, 0] == pytest.approx(
        expected, abs=4 * (expected * (1 - expected) / 1500) ** 0.5
    )


def test_permutation_of_accuracy_is_the_sign_test() -> None:
    labels, predicted = models(5, 300, 0.6, 0.68)
    hits = predicted == labels
    only = int((hits[0] > hits[1]).sum()), int((hits[1] > hits[0]).sum())
    exact = stats.binomtest(only[0], sum(only)).pvalue
    patterns = Patterns.of(labels, predicted, 3)
    pvalues = permutation_pvalues(patterns, 19_999, np.random.default_rng(0))[0, 0]
    assert pvalues == pytest.approx(exact, abs=0.01)


def test_seeds_of_opposite_sign_cancel_in_the_mean() -> None:
    labels, predicted = models(6, 2000, 0.6, 0.8)
    crossed = np.vstack([predicted, predicted[::-1]])
    pvalues = permutation_pvalues(Patterns.of(labels, crossed, 3), 500, np.random.default_rng(0))
    assert (pvalues[0, :2] < 0.01).all()
    assert pvalues[0, 2] > 0.9


def directly(labels: Labels, predicted: Labels, times: NDArray[np.float64]) -> list[float]:
    """Accuracy, macro recall and F1 of 77 classes where each example counts so many times."""
    there = np.unique(labels[times > 0])
    counted = len(there) + 77 - len(np.unique(labels))
    means = [
        score(labels, predicted, labels=there, average=None, sample_weight=times, zero_division=0)
        for score in (recall_score, f1_score)
    ]
    accuracy = np.average(predicted == labels, weights=times)
    return [accuracy, *(mean.sum() / counted for mean in means)]


@pytest.fixture(scope="module")
def many() -> Patterns:
    """Of four models with 77 classes, of which two have no example."""
    labels, predicted = models(7, 1500, 0.7, 0.8, 0.75, 0.75, classes=77)
    known = labels < 75
    return Patterns.of(labels[known], predicted[:, known], 77)


def test_scores_of_many_classes_are_those_of_scikit_learn(many: Patterns) -> None:
    drawn = bootstrap(many, 6, np.random.default_rng(0))
    shares = many.sizes / many.examples
    times = np.random.default_rng(0).multinomial(many.examples, shares, 6).astype(np.float64)
    for weights, found in [
        (many.sizes.astype(np.float64), scores(many)),
        *zip(times, np.moveaxis(drawn, -1, 0), strict=True),
    ]:
        for model, predicted in enumerate(many.predicted):
            expected = directly(many.labels, predicted, weights)
            assert found[:, model] == pytest.approx(expected, abs=1e-12)


def test_permutations_of_many_classes_are_those_of_scikit_learn(many: Patterns) -> None:
    """Two seeds of two methods, exchanged nine times."""
    labels = np.tile(many.labels, 2)

    def differences(exchanged: NDArray[np.int64]) -> NDArray[np.float64]:
        times = np.concatenate([many.sizes - exchanged, exchanged]).astype(np.float64)
        pairs = list(zip(many.predicted[:2], many.predicted[2:], strict=True))
        by_seed = np.array(
            [
                np.subtract(
                    directly(labels, np.concatenate([first, second]), times),
                    directly(labels, np.concatenate([second, first]), times),
                )
                for first, second in pairs
            ]
        )
        return np.vstack([by_seed, by_seed.mean(axis=0)]).T

    random = np.random.default_rng(0)
    drawn = [differences(random.binomial(many.sizes, 0.5)) for _ in range(9)]
    observed = np.abs(differences(np.zeros_like(many.sizes)))
    expected = (1 + (np.abs(drawn) >= observed - 1e-12).sum(axis=0)) / 10
    found = permutation_pvalues(many, 9, np.random.default_rng(0))
    assert found == pytest.approx(expected)
    assert len(np.unique(found)) > 2


def test_memory_does_not_grow_with_classes_times_examples() -> None:
    """Of 1,000 classes and 5,000 examples an array of 8-byte numbers would take 40 MB."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 1000, 5000)
    predicted = np.where(random.random((4, 5000)) < 0.7, labels, random.integers(0, 1000, 5000))
    tracemalloc.start()
    patterns = Patterns.of(labels, predicted, 1000)
    bootstrap(patterns, 20, random)
    permutation_pvalues(patterns, 20, random)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6
