"""Seeds that are added until something is settled, with and without sharing the level."""

import numpy as np

from benchmarks.simulation.draws import Draws, draw
from benchmarks.simulation.grid import ALL_EQUAL, Scenario, scenarios
from benchmarks.simulation.promise import outcome, suspected
from benchmarks.simulation.results import Looks, Outcome
from benchmarks.simulation.rules import Decided, of_textune
from benchmarks.simulation.truth import LEVEL
from textune.config.sections import EvaluateParams
from textune.stats.looks import share_of_level

METHODS = (2, 3)
PLANS = ((10,), (3, 5, 10), tuple(range(3, 11)))


def lines(trials: int, again: int) -> list[Looks]:
    """A line for each plan. trials: of each truth; again: new ones of the worst."""
    return [_line(plan, trials, again) for plan in PLANS]


def levels(plan: tuple[int, ...]) -> list[float]:
    """What each look may spend."""
    settings = EvaluateParams.model_construct(planned_seeds=list(plan))
    return [LEVEL * share_of_level(seeds, settings) for seeds in plan]


def first_settled(
    draws: Draws, plan: tuple[int, ...], of_looks: list[float]
) -> tuple[Decided, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """What the first look that settles says, and (trials,) its seeds; the last look's, if none."""
    named = np.zeros(len(draws.test), np.int64)
    settled = np.zeros(len(draws.test), bool)
    spent = np.full(len(draws.test), plan[-1])
    for seeds, level in zip(plan, of_looks, strict=True):
        look = of_textune(draws.first(seeds).means(), level)
        spent[look.settled & ~settled] = seeds
        named = np.where(settled, named, look.named)
        settled |= look.settled
    return Decided(named, settled), spent


def _line(plan: tuple[int, ...], trials: int, again: int) -> Looks:
    whole = _way(plan, [LEVEL] * len(plan), trials, again)
    shared = _way(plan, levels(plan), trials, again)
    wrong, right, seeds = zip(whole, shared, strict=True)
    return Looks(looks=plan, wrong=wrong, right=right, seeds=seeds)


def _way(
    plan: tuple[int, ...], of_looks: list[float], trials: int, again: int
) -> tuple[float, float, float]:
    """The largest share of wrong; of equal methods, that of right and the mean number of seeds."""
    random = np.random.default_rng(4)

    def found(scenario: Scenario, trials: int) -> tuple[Outcome, float]:
        decided, spent = first_settled(draw(scenario.truth, trials, random), plan, of_looks)
        return outcome(scenario.truth, decided), float(spent.mean())

    every = [
        (scenario, *found(scenario, trials))
        for methods in METHODS
        for scenario in scenarios(methods, plan[-1])
    ]
    suspects = suspected([(one.wrong, scenario) for scenario, one, _ in every])
    equal = [(one.right, spent) for scenario, one, spent in every if scenario.name == ALL_EQUAL]
    right, seeds = np.mean(equal, axis=0).tolist()
    return max(found(scenario, again)[0].wrong for scenario in suspects), right, seeds
