"""The grid of truths."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.simulation.truth import MARGIN, Truth

BEST = 0.76
METHODS = (2, 3, 4, 5, 10)
SEEDS = (3, 5, 10)
ROWS = (200, 2_000, 6_000, 12_284)
EQUAL_SDS = ((0.002,), (0.005,), (0.01,), (0.02,))
# Methods take turns.
UNEQUAL_SDS = ((0.002, 0.02), (0.02, 0.002))
ALL_EQUAL = "all methods equal"
# Issue 19's: one far off, two a point below the best.
OF_THE_ISSUE = (0.68, 0.76, 0.76, 0.77)


class Scenario(NamedTuple):
    """A truth and what its accuracies are called."""

    name: str
    truth: Truth


def scenarios(
    methods: int,
    seeds: int,
    seed_sds: Sequence[tuple[float, ...]] = EQUAL_SDS + UNEQUAL_SDS,
) -> Iterator[Scenario]:
    """All true accuracies of so many methods, with each number of rows and each spread."""
    for (of_methods, name), rows, sds in product(_accuracies(methods).items(), ROWS, seed_sds):
        yield Scenario(name, Truth(of_methods, in_turn(sds, methods), seeds, rows))


def in_turn(sds: tuple[float, ...], methods: int) -> tuple[float, ...]:
    """`sds` again and again, one for each method."""
    return tuple(sds[number % len(sds)] for number in range(methods))


def random_truth(random: np.random.Generator) -> Truth:
    """Numbers and spreads of the grid; accuracies that differ with a deviation of 1 point."""
    methods, seeds, rows = (int(random.choice(choices)) for choices in (METHODS, SEEDS, ROWS))
    sds = (EQUAL_SDS + UNEQUAL_SDS)[random.integers(len(EQUAL_SDS + UNEQUAL_SDS))]
    accuracies = np.round(random.normal(BEST, 0.01, methods), 4)
    return Truth(tuple(accuracies.tolist()), in_turn(sds, methods), seeds, rows)


def _accuracies(methods: int) -> dict[tuple[float, ...], str]:
    """By accuracies, from the cheapest method to the dearest, what they are called."""
    worse, half = round(BEST - MARGIN, 4), methods // 2
    ladder = (round(BEST - 0.005 * steps, 4) for steps in reversed(range(methods)))
    named = {
        (BEST,) * methods: ALL_EQUAL,
        tuple(ladder): "each half a point better than the one before",
        (*(worse,) * (methods - 1), BEST): "all but the dearest worse by the margin",
        (worse,) * half + (BEST,) * (methods - half): "half of them worse by the margin",
        (worse, *(BEST,) * (methods - 1)): "the cheapest worse by the margin",
    }
    return {**named, OF_THE_ISSUE: "of the issue"} if methods == len(OF_THE_ISSUE) else named
