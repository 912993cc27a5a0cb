"""The rule with variances over seeds that borrow from the other methods."""

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy import special

from benchmarks.simulation.draws import Draws, draw
from benchmarks.simulation.grid import ALL_EQUAL, EQUAL_SDS, UNEQUAL_SDS, Scenario, scenarios
from benchmarks.simulation.promise import outcome, suspected
from benchmarks.simulation.results import Borrowed, Outcome
from benchmarks.simulation.rules import of_textune
from textune.stats.seeds import Floats, Means

METHODS, SEEDS = (2, 3, 5), (3, 5)
_PRIOR_DF = 2.0

# From (trials, methods) sample variances with so many degrees of freedom, to better ones.
Moderate = Callable[[Floats, int], tuple[Floats, Floats]]


def lines(trials: int, again: int) -> list[Borrowed]:
    """A line for each way. trials: of each truth; again: new ones of the worst."""
    ways: dict[str, Moderate] = {
        "each method's own, as textune has it": lambda sample, df: (
            sample,
            np.full_like(sample, df),
        ),
        "moderated by the mean of the others'": of_the_others,
        "empirical Bayes, as in limma": empirical_bayes,
    }
    return [_line(how, moderate, trials, again) for how, moderate in ways.items()]


def of_the_others(sample: Floats, df: int) -> tuple[Floats, Floats]:
    """The mean of the other methods counts as a variance with 2 degrees of freedom."""
    others = (sample.sum(axis=-1, keepdims=True) - sample) / (sample.shape[-1] - 1)
    moderated = (_PRIOR_DF * others + df * sample) / (_PRIOR_DF + df)
    return moderated, np.full_like(sample, df + _PRIOR_DF)


def empirical_bayes(sample: Floats, df: int) -> tuple[Floats, Floats]:
    """Smyth 2004, "Linear models and empirical Bayes methods [...] in microarray experiments".

    The variance to shrink to and its degrees of freedom are estimated from all methods' variances.
    """
    methods = sample.shape[-1]
    logs = np.log(sample) - special.digamma(df / 2) + np.log(df / 2)
    surplus = logs.var(axis=-1, ddof=1, keepdims=True) - special.polygamma(1, df / 2)
    half = _trigamma_inverse(np.maximum(surplus, 1e-9))
    prior = np.exp(logs.mean(axis=-1, keepdims=True) + special.digamma(half) - np.log(half))
    moderated = (2 * half * prior + df * sample) / (2 * half + df)
    return moderated, np.minimum(2 * half + df, methods * df) + np.zeros_like(sample)


def _trigamma_inverse(values: Floats) -> Floats:
    """By Newton's method, as in Smyth's appendix."""
    found = 0.5 + 1 / values
    for _ in range(20):
        trigamma = special.polygamma(1, found)
        found = found + trigamma * (1 - trigamma / values) / special.polygamma(2, found)
    return np.asarray(found)


def _means(draws: Draws, moderate: Moderate) -> Means:
    plain = draws.means()
    df = plain.seeds - 1
    moderated, new_df = moderate(draws.test.var(axis=-1, ddof=1), df)
    variance = np.maximum(moderated, draws.own)
    # `Means` takes each variance to have seeds - 1 degrees of freedom and uses it for those alone.
    as_if = variance * np.sqrt(df / new_df)
    return Means(plain.values, plain.seeds, plain.examples, as_if, variance - draws.own)


def _line(how: str, moderate: Moderate, trials: int, again: int) -> Borrowed:
    random = np.random.default_rng(3)  # the same trials for each way

    def found(scenario: Scenario, trials: int) -> Outcome:
        means = _means(draw(scenario.truth, trials, random), moderate)
        return outcome(scenario.truth, of_textune(means))

    wrong, right = [], []
    for seed_sds in (EQUAL_SDS, UNEQUAL_SDS):
        outcomes = [
            (found(scenario, trials), scenario)
            for methods, seeds in product(METHODS, SEEDS)
            for scenario in scenarios(methods, seeds, seed_sds)
        ]
        suspects = suspected([(one.wrong, scenario) for one, scenario in outcomes])
        wrong.append(max(found(scenario, again).wrong for scenario in suspects))
        right.append([one.right for one, scenario in outcomes if scenario.name == ALL_EQUAL])
    return Borrowed(
        how=how, wrong_equal=wrong[0], wrong_unequal=wrong[1], right=float(np.mean(right[0]))
    )
