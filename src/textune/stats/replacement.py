"""Another model in the place of a trained one, such as itself in 8 bits: what it costs on test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textune.metrics.of_classes import numbers_of
from textune.runs.store import Run
from textune.stats.resampling import Patterns, bootstrap, scores
from textune.stats.results import Comparison, Interval
from textune.stats.scoring import compared_metrics

_RESAMPLES, _SEED = 9999, 0


@dataclass(frozen=True)
class Replacement:
    """The other model minus the run's own by `metric`, on the same examples.

    own, other: their scores; interval: of the difference, over test sets; changed: the share of
    examples that get another class; within_margin: whether the other is surely worse by less than
    the comparison's margin, at its level.
    """

    metric: str
    own: float
    other: float
    interval: Interval
    changed: float
    within_margin: bool

    @property
    def difference(self) -> float:
        """Negative if the other is worse."""
        return self.other - self.own


def replacement(run: Run, predicted: NDArray[np.int64], comparison: Comparison) -> Replacement:
    """What it costs that `predicted`, (n,) classes of test, take the place of the run's own.

    By the comparison's metric. Both are scored on the same resamples of test: the paired bootstrap,
    as in the comparison.
    """
    test, names = run.predictions["test"], run.record.label_names
    own = run.predicted("test")
    named = numbers_of(comparison.metric, names)
    both = np.stack([own, predicted])
    patterns = Patterns.of(test.labels, both, len(names), test.clusters, named)
    number = compared_metrics(comparison.metric).index(comparison.metric)
    of_own, of_other = scores(patterns)[number]
    drawn = bootstrap(patterns, _RESAMPLES, np.random.default_rng(_SEED))[number]
    differences = drawn[1] - drawn[0]
    tail = (1 - comparison.confidence_level) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    surely = float(np.quantile(differences, comparison.recommendation.level))
    return Replacement(
        metric=comparison.metric,
        own=float(of_own),
        other=float(of_other),
        interval=Interval(low=float(low), high=float(high)),
        changed=float(np.mean(own != predicted)),
        within_margin=surely > -comparison.noninferiority_margin,
    )
