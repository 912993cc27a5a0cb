"""Means over seeds with their errors, for each of the two questions.

*Fixed models*: would these trained models rank the same on a new test set? Only the examples are
drawn again. *Over seeds*: would newly trained models, from other seeds, rank the same? Seeds and
examples are drawn again.

All models are scored on the same examples, which pair the methods. Seeds do not: the models of one
seed and two methods are no more alike than others, so each method's seeds are a sample of its own.
This is the design of reader studies in which every case is read by all readers, and each reader
uses one of the modalities (here: models, examples, methods): Obuchowski & Rockette 1995,
"Hypothesis testing of diagnostic accuracy for multiple readers and multiple tests". The degrees of
freedom are Satterthwaite's, as in Hillis 2007, "A comparison of denominator degrees of freedom
methods for multiple observer ROC analysis". A bootstrap over three seeds would have 10 different
draws and give intervals that are far too short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from textune.stats.results import PairNames, Question

# With two, intervals over seeds are too wide or too narrow (docs/statistics.md).
SEEDS_NEEDED = 3
_FAR = 1000
# Equal scores may differ in the last bit.
_ALIKE = 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value whose error has Student's t distribution: standard error and degrees of freedom."""

    value: float
    error: float
    df: float

    def interval(self, confidence_level: float) -> tuple[float, float]:
        """The two-sided interval."""
        reach = self.error * float(stats.t.ppf((1 + confidence_level) / 2, self.df))
        return self.value - reach, self.value + reach

    def pvalue(self) -> float:
        """Two-sided, against no difference."""
        if self.error == 0:
            return float(self.value == 0)
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.df))

    def smallest_detectable(self, level: float, power: float) -> float:
        """The true difference that a two-sided test at significance `level` finds with `power`."""
        critical = float(stats.t.ppf(1 - level / 2, self.df))
        if self.df == inf:
            return self.error * (critical + float(stats.norm.ppf(power)))
        # With hardly a degree of freedom scipy has no noncentral t, and no score differs so much.
        if critical > _FAR:
            return min(1.0, self.error * critical)
        # The power of a t test is the noncentral t's. (The other tail's share is negligible.)

        def missing(shift: float) -> float:
            return power - float(stats.nct.sf(critical, self.df, shift))

        return self.error * float(optimize.brentq(missing, 0, 4 * critical + 10))


@dataclass(frozen=True)
class Means:
    """Mean scores of m methods by one metric, and how far chance moves them.

    values: (..., m) the means; seeds: how many models each is of; examples: (m, m) covariance of
    the means over test sets, the models as they are; variance: (..., m) of one model's score over
    seeds; excess: (..., m) the part of `variance` that is not in `examples`. For fixed models both
    are 0. The leading dimensions are for many simulated comparisons at once.
    """

    values: Floats
    seeds: int
    examples: Floats
    variance: Floats
    excess: Floats

    def differences(self) -> tuple[Floats, Floats, Floats]:
        """Each method (rows) minus each other: values, standard errors, degrees of freedom.

        All are (..., m, m). The error's variance is that over test sets, plus each method's excess
        over seeds; the degrees of freedom are Satterthwaite's.
        """
        own = np.diagonal(self.examples)
        total = np.maximum(own[:, None] + own - 2 * self.examples, 0) + _sums(
            self.excess / self.seeds
        )
        values = self.values[..., :, None] - self.values[..., None, :]
        return values, np.sqrt(total), _satterthwaite(total, _sums(self._squares()))

    def scores(self) -> tuple[Floats, Floats]:
        """Standard errors and degrees of freedom of the means, both (..., m)."""
        total = np.diagonal(self.examples) + self.excess / self.seeds
        return np.sqrt(total), _satterthwaite(total, self._squares())

    def _squares(self) -> Floats:
        return (self.variance / self.seeds) ** 2 / max(1, self.seeds - 1)


def _sums(of_methods: Floats) -> Floats:
    """(..., m) to (..., m, m), each method's plus each other's."""
    return of_methods[..., :, None] + of_methods[..., None, :]


def _satterthwaite(total: Floats, squares: Floats) -> Floats:
    """Infinite where nothing varies, as between two methods that always predict the same."""
    varies = (squares > _ALIKE**4) & (total > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(varies, total**2 / squares, inf)


@dataclass(frozen=True)
class ResampledScores:
    """One metric of every method on test.

    values: (seeds,) by method, on the examples as they are; resampled: (seeds, resamples) by
    method, on the same resamples of the examples for all.
    """

    values: Mapping[str, Floats]
    resampled: Mapping[str, Floats]

    def means(self, names: Sequence[str], question: Question) -> Means:
        """The means of the methods `names`, as `question` sees them.

        The variance over seeds is at least a model's own share of the noise of the examples, since
        a smaller one is chance; docs/statistics.md has the simulations.
        """
        values = np.array([self.values[name].mean() for name in names])
        seeds = len(self.values[names[0]])
        examples = np.atleast_2d(np.cov([self.resampled[name].mean(axis=0) for name in names]))
        variance = excess = np.zeros(len(names))
        if question is Question.OVER_SEEDS:
            own = np.array([_own_noise(self.resampled[name]) for name in names])
            sample = np.array([_variance(self.values[name]) for name in names])
            variance = np.maximum(sample, own)
            excess = variance - own
        return Means(values, seeds, examples, variance, excess)

    def estimate(self, pair: PairNames, question: Question) -> Estimate:
        """First minus second method."""
        values, errors, df = self.means(pair, question).differences()
        return Estimate(float(values[0, 1]), float(errors[0, 1]), float(df[0, 1]))

    def score(self, name: str, question: Question) -> Estimate:
        """The mean of one method."""
        means = self.means([name], question)
        errors, df = means.scores()
        return Estimate(float(means.values[0]), float(errors[0]), float(df[0]))


def _own_noise(resampled: Floats) -> float:
    """What of a model's variance over test sets it does not share with the other seeds' models.

    resampled: (seeds, resamples).
    """
    seeds = len(resampled)
    covariances = np.cov(resampled)
    each = float(np.trace(covariances)) / seeds
    between = (float(covariances.sum()) - seeds * each) / (seeds * (seeds - 1))
    return max(0.0, each - between)


def _variance(values: Floats) -> float:
    return float(np.var(values, ddof=1)) if np.ptp(values) > _ALIKE else 0.0


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
