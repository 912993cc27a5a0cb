"""What a rule decides in every trial: textune's rule, the rule of before, and the highest score."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.simulation.draws import Draws
from benchmarks.simulation.truth import LEVEL, MARGIN
from textune.stats.recommendation import Standing, standing
from textune.stats.seeds import Means

# Of the rule of before: one-sided, half of 1 - confidence_level.
_LEVEL_BEFORE = 0.025


class Decided(NamedTuple):
    """named: (trials,) the number of the method that a rule names; settled: whether it is sure."""

    named: NDArray[np.int64]
    settled: NDArray[np.bool_]


def of_textune(means: Means, level: float = LEVEL) -> Decided:
    """The cheapest that is surely good enough; else the one that is most surely so."""
    return decided(standing(means, MARGIN, level))


def decided(found: Standing) -> Decided:
    """What follows from where methods stand that go from the cheapest to the dearest."""
    settled = np.asarray(found.settled.any(axis=-1))
    cheapest, surest = found.settled.argmax(axis=-1), found.sure.argmax(axis=-1)
    return Decided(np.where(settled, cheapest, surest), settled)


def highest(draws: Draws) -> Decided:
    """The highest score on test."""
    named = draws.test.mean(axis=-1).argmax(axis=-1)
    return Decided(named, np.ones(named.shape, bool))


def before(draws: Draws) -> Decided:
    """textune's rule up to version 0.1: cheaper methods against validation's favourite alone.

    Differences are taken seed by seed, with Hillis's degrees of freedom. The cheapest method that
    passes by Holm's correction is named, or else validation's favourite: nothing is left open.
    """
    trials, methods, seeds = draws.test.shape
    favourite = draws.validation.mean(axis=-1).argmax(axis=-1)
    differences = draws.test - draws.test[np.arange(trials), favourite][:, None]
    noise = draws.own + draws.own[favourite][:, None]
    variance = np.maximum(differences.var(axis=-1, ddof=1), noise)
    own = np.diagonal(draws.shared)
    between = own + own[favourite][:, None] - 2 * draws.shared[favourite]
    total = variance + seeds * np.maximum(between, 0)
    t = (differences.mean(axis=-1) + MARGIN) / np.sqrt(total / seeds)
    cheaper = np.arange(methods) < favourite[:, None]
    p = np.where(cheaper, special.stdtr((total / variance) ** 2 * (seeds - 1), -t), np.inf)
    passed = _holm(p, cheaper.sum(axis=-1)) < _LEVEL_BEFORE
    named = np.where(passed.any(axis=-1), passed.argmax(axis=-1), favourite)
    return Decided(named, np.ones(trials, bool))


def _holm(p: NDArray[np.float64], tests: NDArray[np.int64]) -> NDArray[np.float64]:
    """(trials, methods) corrected; where there is no test p is infinite."""
    order = np.argsort(p, axis=-1)
    factors = np.maximum(tests[:, None] - np.arange(p.shape[-1]), 1)
    stepped = np.maximum.accumulate(np.take_along_axis(p, order, axis=-1) * factors, axis=-1)
    corrected = np.empty_like(p)
    np.put_along_axis(corrected, order, stepped, axis=-1)
    return corrected
