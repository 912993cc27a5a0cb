"""The recommendation: the cheapest method that is surely within the margin of the best."""

import numpy as np
import pytest
from scipy import stats

from textune.stats.recommendation import recommend, standing
from textune.stats.results import Recommendation
from textune.stats.seeds import Means

ERROR = 0.01  # of each difference
COSTS = {"cheap": (1.0,), "middle": (2.0,), "dear": (3.0,)}


def means(*values: float, error: float = ERROR) -> Means:
    """Fixed models whose differences all have this standard error."""
    count, nothing = len(values), np.zeros(len(values))
    return Means(np.array(values), 1, error**2 / 2 * np.eye(count), nothing, nothing)


def advised(*values: float, margin: float = 0.05, level: float = 0.05) -> Recommendation:
    return recommend(means(*values), dict(list(COSTS.items())[: len(values)]), margin, level)


def behind(p: float, margin: float = 0.05) -> float:
    """So far behind the best that the test for being within the margin gives `p`."""
    return float(margin - ERROR * stats.norm.isf(p))


@pytest.mark.parametrize(("p", "settled"), [(0.045, True), (0.055, False)])
def test_two_methods_are_tested_at_the_whole_level(p: float, settled: bool) -> None:
    advice = advised(0.8 - behind(p), 0.8)
    assert advice.candidate("cheap").good_enough is settled
    assert advice.candidate("cheap").sure == pytest.approx(1 - p, abs=1e-6)
    assert advice.method == ("cheap" if settled else "dear" if len(COSTS) == 2 else "middle")


@pytest.mark.parametrize(("p", "settled"), [(0.02, True), (0.03, False)])
def test_three_in_the_running_share_the_level(p: float, settled: bool) -> None:
    advice = advised(0.8 - behind(p), 0.8, 0.8)
    assert advice.candidate("cheap").good_enough is settled


def test_who_is_surely_too_far_behind_takes_no_share() -> None:
    advice = advised(0.5, 0.8 - behind(0.04), 0.8)
    assert not advice.candidate("cheap").in_the_running
    assert advice.candidate("middle").good_enough
    assert advice.method == "middle"


def test_every_other_method_counts_whichever_is_the_best() -> None:
    """Within the margin of the second, but not of the first."""
    advice = advised(0.76, 0.78, 0.84)
    assert advice.candidate("cheap").rival == "dear"
    assert not advice.candidate("cheap").good_enough


def test_the_cheapest_of_the_good_enough_is_used() -> None:
    advice = advised(0.8, 0.8, 0.8)
    assert (advice.method, advice.settled) == ("cheap", True)
    assert [one.name for one in advice.candidates] == list(COSTS)
    dear_first = recommend(means(0.8, 0.8), {"a": (2.0,), "b": (1.0,)}, 0.05, 0.05)
    assert dear_first.method == "b"


def test_not_settled_names_the_surest() -> None:
    advice = advised(0.80, 0.81, 0.805, margin=0.01)
    assert (advice.method, advice.settled) == ("middle", False)
    assert all(one.in_the_running for one in advice.candidates)


def test_many_comparisons_at_once_are_each_alone() -> None:
    values = np.array([[0.8, 0.8, 0.7], [0.7, 0.8, 0.8]])
    nothing = np.zeros((2, 3))
    together = standing(Means(values, 1, 1e-4 * np.eye(3), nothing, nothing), 0.05, 0.05)
    for number, row in enumerate(values):
        alone = standing(Means(row, 1, 1e-4 * np.eye(3), nothing[0], nothing[0]), 0.05, 0.05)
        for found, expected in zip(together, alone, strict=True):
            assert found[number].tolist() == expected.tolist()


def test_p_is_that_of_students_t() -> None:
    of_seeds = Means(
        np.array([0.79, 0.80]), 3, np.zeros((2, 2)), np.full(2, 3e-4), np.full(2, 3e-4)
    )
    found = standing(of_seeds, 0.02, 0.05)
    expected = stats.t.cdf((0.02 - 0.01) / (2e-4) ** 0.5, 4)
    assert found.sure[0] == pytest.approx(expected)


def test_models_that_are_right_on_the_same_examples_are_surely_alike() -> None:
    found = standing(means(0.8, 0.8, 0.7, error=0.0), 0.05, 0.05)
    assert found.settled.tolist() == [True, True, False]
