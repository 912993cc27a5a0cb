"""Which method to use: the cheapest that is surely good enough, if there is one.

A method is *good enough* if it is worse than the best by less than the margin, whichever the best
is. So it is tested against each of the others, and is as sure as the least sure of these tests: an
intersection-union test (Berger 1982, "Multiparameter hypothesis testing and acceptance sampling"),
as in Hsu's multiple comparisons with the best (1984, "Constrained simultaneous confidence intervals
for multiple comparisons with the best").
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from textune.stats.results import Candidate, Recommendation
from textune.stats.seeds import Floats, Means

# With few seeds, and one method's seeds varying ten times as much as the other's, Satterthwaite's
# degrees of freedom make the test of two methods this much too bold (docs/statistics.md).
_BOLD = 1.2


class Standing(NamedTuple):
    """What the tests say of m methods; all arrays are (..., m).

    sure: 1 - p of being good enough, the least over the tests against each other method; rival: the
    number of the method in that test. running: whether it may be good enough. settled: whether it
    surely is.
    """

    sure: Floats
    rival: NDArray[np.int64]
    running: NDArray[np.bool_]
    settled: NDArray[np.bool_]


def standing(means: Means, margin: float, level: float) -> Standing:
    """Test every method against every other.

    A method leaves the running when it is surely, at `level`, worse than another one by the margin
    or more. With c in the running each is tested at level / (c - 1), since one of them is the best
    (with two, over seeds, at level / `_BOLD`): so the probability that any method is called good
    enough wrongly is at most `level` (docs/statistics.md has the simulations).
    """
    values, errors, df = means.differences()
    itself = np.eye(values.shape[-1], dtype=bool)
    p_not_worse = np.where(itself, 0.0, _upper_tail(values + margin, errors, df))
    p_worse = np.where(itself, 1.0, _upper_tail(-margin - values, errors, df))
    p = p_not_worse.max(axis=-1)
    running = p_worse.min(axis=-1) >= level
    least = _BOLD if means.variance.any() else 1.0
    others = np.maximum(running.sum(axis=-1, keepdims=True) - 1, least)
    return Standing(1 - p, p_not_worse.argmax(axis=-1), running, running & (p < level / others))


def recommend(
    means: Means, costs: Mapping[str, tuple[float, ...]], margin: float, level: float
) -> Recommendation:
    """The cheapest method that is surely good enough; else the one that is most surely so.

    means: of the methods in `costs`, in its order; costs: by method, compared as tuples. Raises
    ValueError if there is no method.
    """
    names = list(costs)
    found = standing(means, margin, level)
    cheapest_first = sorted(range(len(names)), key=lambda number: costs[names[number]])
    passed = [number for number in cheapest_first if found.settled[number]]
    # At a tie the cheaper.
    surest = max(cheapest_first, key=lambda number: float(found.sure[number]))
    return Recommendation(
        method=names[passed[0] if passed else surest],
        settled=bool(passed),
        level=level,
        candidates=[
            Candidate(
                name=names[number],
                sure=float(found.sure[number]),
                in_the_running=bool(found.running[number]),
                good_enough=bool(found.settled[number]),
                rival=names[found.rival[number]] if len(names) > 1 else None,
            )
            for number in cheapest_first
        ],
    )


def _upper_tail(distance: Floats, errors: Floats, df: Floats) -> Floats:
    """One-sided p of Student's t; without any error, whether the distance is none at all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(errors > 0, distance / errors, np.where(distance > 0, np.inf, -np.inf))
    known = np.isinf(df)
    tail = np.where(known, special.ndtr(-t), special.stdtr(np.where(known, 1.0, df), -t))
    return np.asarray(tail, np.float64)
