"""Figures of the study's comparison by textbook formulas and other libraries.

Nothing here imports `textune.stats`, `textune.metrics` or `textune.tasks`. All is of test: n
examples, k classes, S seeds. The class that is predicted is the most probable one.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics
from statsmodels.stats.power import normal_power, ttest_power

from studies.tweeteval_minilm.predicted import Floats, Predicted

Interval = tuple[float, float]

RESAMPLES = 9_999
LEVEL = 0.95
_BATCH = 100  # resamples at once: 10 MB an array


def scores(predicted: Predicted, method: str) -> dict[str, list[float]]:
    """By metric, of each seed: scikit-learn's, and calibration error bin by bin."""
    found: dict[str, list[float]] = {
        name: []
        for name in ("accuracy", "macro_recall", "macro_f1", "log_loss", "calibration_error")
    }
    labels = predicted.labels
    for classes, probabilities in zip(
        predicted.classes(method), predicted.probabilities[method], strict=True
    ):
        found["accuracy"].append(metrics.accuracy_score(labels, classes))
        found["macro_recall"].append(metrics.balanced_accuracy_score(labels, classes))
        found["macro_f1"].append(metrics.f1_score(labels, classes, average="macro"))
        precise = probabilities.astype(np.float64)
        precise /= precise.sum(axis=1, keepdims=True)
        found["log_loss"].append(metrics.log_loss(labels, precise))
        found["calibration_error"].append(_calibration_error(labels, probabilities))
    return found


def _calibration_error(labels: NDArray[np.int64], probabilities: Floats) -> float:
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    bins = np.digitize(confidence, np.linspace(0, 1, 16), right=True)
    return sum(
        (bins == one).mean() * abs(right[bins == one].mean() - confidence[bins == one].mean())
        for one in np.unique(bins)
    )


class Estimate(NamedTuple):
    """A value with its standard error and degrees of freedom."""

    value: float
    error: float
    df: float

    def interval(self) -> Interval:
        """Student's t."""
        low, high = stats.t.interval(LEVEL, self.df, loc=self.value, scale=self.error)
        return float(low), float(high)

    def pvalue(self) -> float:
        """Two-sided."""
        return float(2 * stats.t.cdf(-abs(self.value) / self.error, self.df))

    def sure(self, margin: float) -> float:
        """1 - p of not being worse by the margin."""
        return float(stats.t.cdf((self.value + margin) / self.error, self.df))


def over_seeds(right: Sequence[Floats], signs: Sequence[float]) -> Estimate:
    """Of the sum of the methods' mean scores, each with its sign: of one, or of a difference.

    right: (S, n) `Predicted.contributions` of each method. Accuracy is a mean of n zeros and ones,
    so its variances and covariances over test sets are those of the zeros and ones over n, as in
    DeLong et al. 1988. The degrees of freedom are Satterthwaite's, 1946.
    """
    means = np.stack([of_method.mean(axis=0) for of_method in right])
    gain = np.asarray(signs) @ means
    total, squares = float(np.var(gain, ddof=1)) / len(gain), 0.0
    for of_method in right:
        seeds, n = of_method.shape
        covariance = np.cov(of_method) / n
        shared = covariance[~np.eye(seeds, dtype=bool)].mean()
        own = max(0.0, np.diagonal(covariance).mean() - shared)
        variance = max(own, float(np.var(of_method.mean(axis=1), ddof=1)))
        total += (variance - own) / seeds
        squares += (variance / seeds) ** 2 / (seeds - 1)
    return Estimate(float(gain.mean()), total**0.5, total**2 / squares if squares else inf)


def anova_error(first: Floats, second: Floats) -> float:
    """The standard error of a difference, from mean squares: seeds in methods, by examples.

    first, second: (S, n). Expected mean squares as in Searle, Casella & McCulloch 1992, "Variance
    components"; in balanced data like these they give REML's estimates. That of seeds counts as no
    smaller than that of the residuals.
    """
    seeds, n = first.shape
    gain = (first - second).mean(axis=0)
    # Methods by examples: with two methods, half of the differences' squares.
    by_example = seeds * ((gain - gain.mean()) ** 2).sum() / 2 / (n - 1)
    squares = 2 * by_example
    for of_method in (first, second):
        of_seeds, residual = mean_squares(of_method)
        squares += max(of_seeds, residual) - residual
    return float(np.sqrt(squares / (seeds * n)))


def mean_squares(right: Floats) -> tuple[float, float]:
    """Of seeds, and of residuals, in the two-way table (S, n) without replication."""
    seeds, n = right.shape
    by_seed, by_example = right.mean(axis=1, keepdims=True), right.mean(axis=0, keepdims=True)
    of_seeds = n * ((by_seed - right.mean()) ** 2).sum() / (seeds - 1)
    residual = right - by_seed - by_example + right.mean()
    return float(of_seeds), float((residual**2).sum() / (seeds - 1) / (n - 1))


def bootstrap(
    samples: Sequence[NDArray[np.float64 | np.int64 | np.int8]],
    statistic: Callable[..., Floats],
    resamples: int,
) -> Interval:
    """scipy's paired percentile interval; the samples are (n,), of the same examples."""
    found = stats.bootstrap(
        samples,
        statistic,
        n_resamples=resamples,
        confidence_level=LEVEL,
        method="percentile",
        paired=True,
        vectorized=True,
        axis=-1,
        batch=_BATCH,
        rng=0,
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def mean_interval(values: Floats) -> Interval:
    """The normal interval of a mean; values: (n,)."""
    low, high = stats.norm.interval(LEVEL, values.mean(), stats.sem(values))
    return float(low), float(high)


def macro_recall_of_gains(gain: Floats, labels: NDArray[np.int64], axis: int = -1) -> Floats:
    """The difference in macro recall, from `Predicted.gain` and labels, (..., n) each."""
    by_class = [
        np.where(labels == one, gain, 0).sum(axis=axis) / (labels == one).sum(axis=axis)
        for one in range(3)
    ]
    return np.mean(by_class, axis=0)


def macro_f1(labels: NDArray[np.int64], *predicted: NDArray[np.int64], axis: int = -1) -> Floats:
    """The difference in mean macro F1, of S classes of the first method, then of the second's."""
    of_models = []
    for classes in predicted:
        by_class = [
            2
            * ((labels == one) & (classes == one)).sum(axis=axis)
            / ((labels == one).sum(axis=axis) + (classes == one).sum(axis=axis))
            for one in range(3)
        ]
        of_models.append(np.mean(by_class, axis=0))
    half = len(of_models) // 2
    return np.asarray(np.mean(of_models[:half], axis=0) - np.mean(of_models[half:], axis=0))


def exact_pvalue(gain: Floats, seeds: int) -> float:
    """Two-sided p of all exchanges of the two methods' predictions, counted and not drawn.

    gain: (n,) multiples of 1 / seeds. Each exchange turns the sign of one of them, so their sum has
    the distribution of independent signs times the sizes: one convolution for each size.
    """
    sizes = np.rint(np.abs(gain) * seeds).astype(int)
    observed = abs(round(float(gain.sum()) * seeds))
    chances = np.ones(1)
    for size in range(1, seeds + 1):
        number = int((sizes == size).sum())
        steps = np.zeros(2 * number * size + 1)
        steps[:: 2 * size] = stats.binom.pmf(np.arange(number + 1), number, 0.5)
        chances = np.convolve(chances, steps)
    sums = np.arange(len(chances)) - len(chances) // 2
    return float(chances[np.abs(sums) >= observed].sum())


def permutation_pvalue(shares: Floats, resamples: int) -> float:
    """scipy's two-sided p of turning signs at random; shares: (n,) parts of a difference."""
    found = stats.permutation_test(
        (shares,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=_BATCH,
        axis=-1,
        rng=0,
    )
    return float(found.pvalue)


def mcnemar(first: Floats, second: Floats) -> float:
    """Exact two-sided p of one seed's models, (n,) each: a binomial test of the discordant."""
    only_first = int((first > second).sum())
    discordant = int((first != second).sum())
    return float(stats.binomtest(only_first, discordant).pvalue)


def power(difference: float, estimate: Estimate, level: float) -> float:
    """The power of the two-sided t test at a true difference, by statsmodels."""
    shift = difference / estimate.error
    if estimate.df == inf:
        return float(normal_power(shift, 1, level))
    return float(ttest_power(shift, 1, level, df=estimate.df))
