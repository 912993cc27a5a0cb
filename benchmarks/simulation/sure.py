"""Are probabilities honest: of methods told 80 to 90 % sure, are 80 to 90 % within the margin?"""

from collections.abc import Iterable
from itertools import product

import numpy as np

from benchmarks.simulation.draws import draw
from benchmarks.simulation.grid import METHODS, SEEDS, random_truth, scenarios
from benchmarks.simulation.results import Sure
from benchmarks.simulation.truth import LEVEL, MARGIN, Truth
from textune.stats.recommendation import standing
from textune.stats.seeds import Floats

_EDGES = (0.8, 0.9, 0.95, 1.0)


def lines(trials: int, truths: int) -> list[Sure]:
    """A line for each range of probabilities.

    trials: of each truth of the grid; truths: how many are drawn at random, as many trials each.
    """
    every = (
        scenario.truth
        for methods, seeds in product(METHODS, SEEDS)
        for scenario in scenarios(methods, seeds)
    )
    random = np.random.default_rng(2)
    of_grid = _within(every, trials, random)
    at_random = _within((random_truth(random) for _ in range(truths)), trials, random)
    return [
        Sure(low=low, high=high, of_grid=grid, at_random=drawn)
        for low, high, grid, drawn in zip(
            _EDGES[:-1], _EDGES[1:], of_grid.tolist(), at_random.tolist(), strict=True
        )
    ]


def _within(truths: Iterable[Truth], trials: int, random: np.random.Generator) -> Floats:
    """(ranges,) the share that is truly within the margin."""
    told, true = np.zeros(len(_EDGES) - 1), np.zeros(len(_EDGES) - 1)
    for truth in truths:
        sure = standing(draw(truth, trials, random).means(), MARGIN, LEVEL).sure
        told += np.histogram(sure, _EDGES)[0]
        true += np.histogram(sure[:, truth.good], _EDGES)[0]
    return np.asarray(true / told)
