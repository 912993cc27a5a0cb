"""A mean over seeds with its error, for each of the two questions.

*Fixed models*: would these trained models rank the same on a new test set? Only the examples are
drawn again. *Over seeds*: would newly trained models, from other seeds, rank the same? Seeds and
examples are drawn again.

Seeds and examples are crossed: every model is scored on the same examples. This is the design of
multi-reader multi-case studies, in which readers (here seeds) read the same cases (here examples),
and it is analysed as there: Obuchowski & Rockette 1995, "Hypothesis testing of diagnostic accuracy
for multiple readers and multiple tests", with the degrees of freedom of Hillis 2007, "A comparison
of denominator degrees of freedom methods for multiple observer ROC analysis". A bootstrap over
three seeds would have 10 different draws and give intervals that are far too short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from textune.stats.results import PairNames, Question

# With two, intervals over seeds are too wide or too narrow (docs/statistics.md).
SEEDS_NEEDED = 3
# Equal scores may differ in the last bit.
_ALIKE = 1e-12
# Degrees of freedom of the interval where the variance is that of the examples: see `over_seeds`.
_KNOWN_BETTER = 4


@dataclass(frozen=True)
class Estimate:
    """A value whose error has Student's t distribution, by standard error and degrees of freedom.

    An interval may have more degrees of freedom than the tests (see `over_seeds`).
    """

    value: float
    error: float
    df: float
    interval_df: float | None = None

    def interval(self, confidence_level: float) -> tuple[float, float]:
        """The two-sided interval."""
        df = self.interval_df or self.df
        reach = self.error * float(stats.t.ppf((1 + confidence_level) / 2, df))
        return self.value - reach, self.value + reach

    def pvalue(self) -> float:
        """Two-sided, against no difference."""
        if self.error == 0:
            return float(self.value == 0)
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.df))

    def pvalue_not_worse(self, margin: float) -> float:
        """One-sided, against being worse by `margin` or more."""
        if self.error == 0:
            return float(self.value <= -margin)
        return float(stats.t.sf((self.value + margin) / self.error, self.df))

    def smallest_detectable(self, level: float, power: float) -> float:
        """The true difference that a two-sided test at significance `level` finds with `power`."""
        critical = float(stats.t.ppf(1 - level / 2, self.df))
        if self.df == inf:
            return self.error * (critical + float(stats.norm.ppf(power)))
        # The power of a t test is the noncentral t's. (The other tail's share is negligible.)

        def missing(shift: float) -> float:
            return power - float(stats.nct.sf(critical, self.df, shift))

        return self.error * float(optimize.brentq(missing, 0, 4 * critical + 10))


def over_seeds(values: NDArray[np.float64], resampled: NDArray[np.float64]) -> Estimate:
    """The mean over seeds, with its error when seeds and examples are both drawn again.

    values: (seeds,) the score, or the difference of two methods, with each seed, 2 or more;
    resampled: (seeds, resamples) the same on resamples of the examples. These give the covariance
    of two seeds, which share their examples.

    Var(mean) = (variance over seeds + seeds · covariance) / seeds, and Hillis's degrees of freedom
    are (that sum)² / (variance over seeds)² · (seeds - 1). A negative covariance counts as 0.

    Two changes make this hold with few seeds; docs/statistics.md has the simulations. First, the
    variance over seeds is at least each seed's own share of the noise of the examples, since a
    smaller one is chance. Second, where that bound applies, the variance is known better than from
    the seeds alone, so the interval takes `_KNOWN_BETTER` times the degrees of freedom. The tests
    keep theirs: after Holm's correction they look farther into the tails.
    """
    seeds = len(values)
    covariances = np.cov(resampled)
    each = float(np.trace(covariances)) / seeds
    between = max(0.0, (float(covariances.sum()) - seeds * each) / (seeds * (seeds - 1)))
    sample = float(np.var(values, ddof=1)) if np.ptp(values) > _ALIKE else 0.0
    variance = max(sample, each - between)
    total = variance + seeds * between
    df = (total / variance) ** 2 * (seeds - 1) if variance > _ALIKE**2 else inf
    interval_df = df if sample == variance else _KNOWN_BETTER * df
    return Estimate(float(np.mean(values)), sqrt(total / seeds), df, interval_df)


def fixed_models(values: NDArray[np.float64], resampled: NDArray[np.float64]) -> Estimate:
    """The mean over seeds, with its error when only the examples are drawn again.

    Arguments as for `over_seeds`, of one seed or more.
    """
    return Estimate(float(np.mean(values)), float(np.std(np.mean(resampled, axis=0), ddof=1)), inf)


@dataclass(frozen=True)
class ResampledScores:
    """One metric of every method on test.

    values: (seeds,) by method, on the examples as they are; resampled: (seeds, resamples) by
    method, on the same resamples of the examples for all.
    """

    values: Mapping[str, NDArray[np.float64]]
    resampled: Mapping[str, NDArray[np.float64]]

    def difference(self, pair: PairNames) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First minus second method, seed by seed, as `over_seeds` takes it."""
        first, second = pair
        return (
            self.values[first] - self.values[second],
            self.resampled[first] - self.resampled[second],
        )

    def estimate(self, pair: PairNames) -> Estimate:
        """The difference, with its error for the question that verdicts answer."""
        values, resampled = self.difference(pair)
        if question_of(len(values)) is Question.OVER_SEEDS:
            return over_seeds(values, resampled)
        return fixed_models(values, resampled)


def question_of(seeds: int) -> Question:
    """The question that verdicts answer with so many seeds: over seeds, where they are enough."""
    return Question.OVER_SEEDS if seeds >= SEEDS_NEEDED else Question.FIXED_MODELS


def holm(pvalues: Sequence[float]) -> list[float]:
    """Holm's correction for a family of tests.

    Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure": the smallest of m p-values
    is multiplied by m, the next by m - 1 and so on; none falls below the one before it. (That of
    statsmodels collects garbage at each call, which takes longer than a small comparison.)
    """
    ascending = np.argsort(pvalues)
    factors = np.arange(len(pvalues), 0, -1)
    corrected = np.empty(len(pvalues))
    stepped = np.maximum.accumulate(np.asarray(pvalues, float)[ascending] * factors)
    corrected[ascending] = np.minimum(stepped, 1)
    values: list[float] = corrected.tolist()
    return values
