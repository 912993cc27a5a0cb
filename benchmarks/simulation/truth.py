"""Methods whose true accuracies are known, and how their models' errors go together.

What is hard in an example has three parts, all normal: one for all models alike, one for a method's
models, one for a single model. A model is right where their sum is below a limit, which its own
true accuracy sets.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from textune.stats.seeds import Floats

# Shares of the variance of an example's difficulty; the rest is a single model's.
FOR_ALL, FOR_METHOD = 0.7, 0.1
MARGIN = 0.01
LEVEL = 0.05
# True accuracies may differ in the last bit.
_ALIKE = 1e-9


@dataclass(frozen=True)
class Truth:
    """Methods from the cheapest to the dearest, compared with `seeds` seeds on `rows` test rows.

    accuracies: the methods' true ones; seed_sds: how their models' true accuracies spread over
    seeds. Both are shares.
    """

    accuracies: tuple[float, ...]
    seed_sds: tuple[float, ...]
    seeds: int
    rows: int

    @property
    def regrets(self) -> Floats:
        """(methods,) how much worse than the best each is."""
        return np.max(self.accuracies) - np.array(self.accuracies)

    @property
    def good(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(methods,) whether each is within the margin of the best."""
        return np.asarray(self.regrets < MARGIN - _ALIKE)

    @property
    def settles_on(self) -> int:
        """The cheapest method within the margin: what a perfect rule would settle on."""
        return int(np.argmax(self.good))


def shared_by_methods(accuracies: tuple[float, ...]) -> Floats:
    """(methods, methods) covariance of being right about a row, of models of different seeds."""
    count = len(accuracies)
    covariances = np.empty((count, count))
    for i, first in enumerate(accuracies):
        for j, second in enumerate(accuracies):
            alike = FOR_ALL + FOR_METHOD * (i == j)
            covariances[i, j] = _covariance(min(first, second), max(first, second), alike)
    return covariances


@cache
def _covariance(first: float, second: float, alike: float) -> float:
    """Of two models' being right, whose difficulties correlate by `alike`."""
    limits = stats.norm.ppf([first, second])
    both = stats.multivariate_normal([0, 0], [[1, alike], [alike, 1]]).cdf(limits)
    return float(both) - first * second
