"""What a difference, or a score, says about the method: seeds and examples both drawn again.

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
from statsmodels.stats.multitest import multipletests

# With two, intervals cover too much or too little (docs/statistics.md).
SEEDS_FOR_METHOD = 3
# Scores that are alike may differ in the last bit.
_ALIKE = 1e-12
# Degrees of freedom of the interval where the variance is that of the examples: see `over_seeds`.
_KNOWN_BETTER = 4

Pair = tuple[str, str]


@dataclass(frozen=True)
class Estimate:
    """A value whose error is distributed as Student's t: standard error and degrees of freedom.

    An interval may have more degrees of freedom than the tests (see `over_seeds`).
    """

    value: float
    error: float
    df: float
    interval_df: float | None = None

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval."""
        df = self.interval_df or self.df
        reach = self.error * float(stats.t.ppf((1 + confidence) / 2, df))
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
        """The true difference that a two-sided test at `level` finds with `power`."""
        critical = float(stats.t.ppf(1 - level / 2, self.df))
        if self.df == inf:
            return self.error * (critical + float(stats.norm.ppf(power)))
        # The power of a t test is the noncentral t's. (The other tail's share is negligible.)

        def missing(shift: float) -> float:
            return power - float(stats.nct.sf(critical, self.df, shift))

        return self.error * float(optimize.brentq(missing, 0, 4 * critical + 10))


def over_seeds(values: NDArray[np.float64], resampled: NDArray[np.float64]) -> Estimate:
    """The mean over seeds, with the error that drawing seeds and examples again would show.

    values: (seeds,) the score, or the difference of two methods, with each seed, 2 or more;
    resampled: (seeds, resamples) the same on resamples of the examples, which give the covariance
    between two seeds that comes of having the same examples.

    Var(mean) = (variance over seeds + seeds · covariance) / seeds, and Hillis's degrees of freedom
    are (that sum)² / (variance over seeds)² · (seeds - 1). A negative covariance counts as 0.

    With so few seeds two things are amended, by the simulations of docs/statistics.md. Seeds cannot
    vary less than a seed's own share in the noise of the examples makes them: a smaller variance
    over seeds is luck, and is raised to that. Where it is, it is known better than from the seeds,
    and the interval takes `_KNOWN_BETTER` times the degrees of freedom. The tests do not: after
    Holm's correction they look farther into the tails.
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


def these_models(values: NDArray[np.float64], resampled: NDArray[np.float64]) -> Estimate:
    """The mean over seeds, with the error that drawing only the examples again would show.

    Arguments as for `over_seeds`, of one seed or more.
    """
    return Estimate(float(np.mean(values)), float(np.std(np.mean(resampled, axis=0), ddof=1)), inf)


@dataclass(frozen=True)
class Scored:
    """One metric of every method on test: (seeds,) as they are, (seeds, resamples) drawn again."""

    values: Mapping[str, NDArray[np.float64]]
    resampled: Mapping[str, NDArray[np.float64]]

    def difference(self, pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First minus second method, seed by seed, as `over_seeds` takes it."""
        one, other = pair
        return (
            self.values[one] - self.values[other],
            self.resampled[one] - self.resampled[other],
        )

    def estimate(self, pair: Pair) -> Estimate:
        """Of the difference, for the question that verdicts answer."""
        found = self.difference(pair)
        return over_seeds(*found) if asks_for_method(len(found[0])) else these_models(*found)


def asks_for_method(seeds: int) -> bool:
    """Whether so many seeds can tell of the method, or of these models only."""
    return seeds >= SEEDS_FOR_METHOD


def holm(pvalues: Sequence[float]) -> list[float]:
    """Holm's correction for a family of tests (Holm 1979)."""
    if not pvalues:
        return []
    corrected: list[float] = multipletests(pvalues, method="holm")[1].tolist()
    return corrected
