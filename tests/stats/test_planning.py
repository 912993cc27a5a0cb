"""The plan says what the rule does with more seeds or test examples."""

import numpy as np
import pytest

from textune.stats.planning import POWER, probability_settled, with_plan
from textune.stats.recommendation import recommend
from textune.stats.seeds import Means

NAMES = ["a", "b", "c"]
LEVELS = dict.fromkeys(range(4, 31), 0.05)
COSTS = {"a": (1.0,), "b": (2.0,), "c": (3.0,)}
# Errors of 70 % of one kind: what the issue of three equal methods and 6,000 examples has.
ACCURACY, EXAMPLES = 0.76, 6_000
VARIANCE = ACCURACY * (1 - ACCURACY) / EXAMPLES
COMMON, WITHIN = 0.49, 0.59  # correlations of two methods' models, and of one method's


def equal_methods(seed_sd: float, seeds: int = 3) -> Means:
    own = (1 - WITHIN) * VARIANCE
    examples = VARIANCE * (COMMON + (WITHIN - COMMON) * np.eye(3)) + np.eye(3) * own / seeds
    variance = np.full(3, seed_sd**2 + own)
    return Means(np.full(3, ACCURACY), seeds, examples, variance, variance - own)


def power(means: Means, seeds: int, times: float = 1.0) -> float:
    return probability_settled(means, [0], 0.01, 0.05, seeds, times)


def test_more_seeds_and_more_examples_settle_more_often() -> None:
    means = equal_methods(0.005)
    assert power(means, 3) < power(means, 5) < power(means, 10)
    assert power(means, 10) < power(means, 10, 2.0)
    assert power(means, 10, 0.5) < power(means, 10)


def test_the_plan_of_the_runs_at_hand_agrees_with_drawing_them_again() -> None:
    """With as many seeds and examples: the share of such comparisons that settle."""
    means = equal_methods(0.005)
    random = np.random.default_rng(5)
    settled, trials = 0, 400
    own = means.variance - means.excess
    shared = means.examples - np.diag(own) / 3
    for _ in range(trials):
        hard = random.multivariate_normal(means.values, shared)
        models = hard[:, None] + np.sqrt(means.variance)[:, None] * random.normal(size=(3, 3))
        variance = np.maximum(models.var(axis=1, ddof=1), own)
        drawn = Means(models.mean(axis=1), 3, means.examples, variance, variance - own)
        settled += recommend(drawn, COSTS, 0.01, 0.05).candidate("a").good_enough
    assert power(means, 3) == pytest.approx(settled / trials, abs=0.07)


def test_what_is_not_settled_gets_the_numbers_that_would() -> None:
    means = equal_methods(0.005)
    advice = recommend(means, COSTS, 0.008, 0.05)
    assert not advice.settled
    planned = with_plan(advice, NAMES, means, EXAMPLES, 0.008, LEVELS)
    assert planned.seeds_needed is not None
    among = range(3)
    enough = probability_settled(means, among, 0.008, 0.05, planned.seeds_needed)
    fewer = probability_settled(means, among, 0.008, 0.05, planned.seeds_needed - 1)
    assert fewer < POWER <= enough


def test_where_nothing_would_settle_it_the_cheapest_is_taken() -> None:
    means = equal_methods(0.02)
    values = means.values + np.array([0.0, 0.001, 0.002])
    means = Means(values, 3, means.examples, means.variance, means.excess)
    advice = recommend(means, COSTS, 1e-5, 0.05)
    assert advice.method == "c"
    planned = with_plan(advice, NAMES, means, EXAMPLES, 1e-5, LEVELS)
    assert (planned.method, planned.settled) == ("a", False)
    assert (planned.seeds_needed, planned.examples_needed) == (None, None)


def test_what_is_settled_on_the_cheapest_stays() -> None:
    means = equal_methods(0.0001)
    advice = recommend(means, COSTS, 0.05, 0.05)
    assert advice.settled
    assert with_plan(advice, NAMES, means, EXAMPLES, 0.05, LEVELS) == advice


def test_only_planned_looks_are_told_each_at_its_own_level() -> None:
    means = equal_methods(0.005)
    advice = recommend(means, COSTS, 0.008, 0.05)
    freely = with_plan(advice, NAMES, means, EXAMPLES, 0.008, LEVELS).seeds_needed
    assert freely is not None
    planned = {freely - 1: 0.05, freely + 2: 0.05, freely + 5: 0.05}
    assert with_plan(advice, NAMES, means, EXAMPLES, 0.008, planned).seeds_needed == freely + 2
    stricter = {freely: 1e-6, freely + 5: 0.05}
    assert with_plan(advice, NAMES, means, EXAMPLES, 0.008, stricter).seeds_needed == freely + 5


def test_a_look_that_is_planned_last_may_have_less_of_the_level_than_the_one_before() -> None:
    means = equal_methods(0.005)
    advice = recommend(means, COSTS, 0.008, 0.05)
    planned = {20: 0.05, 21: 1e-6}
    assert with_plan(advice, NAMES, means, EXAMPLES, 0.008, planned).seeds_needed == 20
