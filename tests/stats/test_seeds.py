"""Errors of means and differences agree with textbook cases."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from textune.stats.recommendation import standing
from textune.stats.results import Question
from textune.stats.seeds import Estimate, ResampledScores, holm

OVER_SEEDS, FIXED_MODELS = Question.OVER_SEEDS, Question.FIXED_MODELS
FIRST = np.array([0.811, 0.818, 0.804, 0.813])
SECOND = np.array([0.795, 0.802, 0.807, 0.788])


def still(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Resamples that say that the examples bring no noise."""
    return np.repeat(values[:, None], 50, axis=1)


def scores(**values: NDArray[np.float64]) -> ResampledScores:
    return ResampledScores(values, {name: still(of_seeds) for name, of_seeds in values.items()})


def test_without_noise_of_the_examples_a_score_is_a_one_sample_t_test() -> None:
    estimate = scores(a=FIRST).score("a", OVER_SEEDS)
    expected = stats.ttest_1samp(FIRST, 0)
    assert estimate.pvalue() == pytest.approx(expected.pvalue)
    assert estimate.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_without_noise_of_the_examples_a_pair_is_welchs_test_of_two_samples() -> None:
    """Not a paired one: the order of the seeds changes nothing."""
    expected = stats.ttest_ind(FIRST, SECOND, equal_var=False)
    for second in (SECOND, SECOND[::-1]):
        estimate = scores(a=FIRST, b=second).estimate(("a", "b"), OVER_SEEDS)
        assert estimate.pvalue() == pytest.approx(expected.pvalue)
        assert estimate.df == pytest.approx(expected.df)
        interval = tuple(expected.confidence_interval(0.95))
        assert estimate.interval(0.95) == pytest.approx(interval)


def test_without_noise_of_the_seeds_it_is_the_z_test() -> None:
    random = np.random.default_rng(0)
    drawn = 0.02 + 0.01 * random.normal(size=20_000)
    alike = ResampledScores(
        {"a": np.full(3, 0.02), "b": np.zeros(3)},
        {"a": np.vstack([drawn] * 3), "b": np.zeros((3, 20_000))},
    )
    for question in Question:
        estimate = alike.estimate(("a", "b"), question)
        assert estimate.df == math.inf
        assert estimate.error == pytest.approx(0.01, rel=0.03)
        assert estimate.pvalue() == pytest.approx(2 * stats.norm.sf(0.02 / estimate.error))


def test_examples_that_are_hard_for_both_cancel_out_of_the_difference() -> None:
    random = np.random.default_rng(3)
    hard = 0.01 * random.normal(size=20_000)
    own = 0.002 * random.normal(size=(2, 20_000))
    values = {"a": np.full(3, 0.8), "b": np.full(3, 0.8)}
    resampled = {
        name: 0.8 + np.vstack([hard + noise] * 3) for name, noise in zip("ab", own, strict=True)
    }
    pair = ResampledScores(values, resampled).estimate(("a", "b"), FIXED_MODELS)
    assert pair.error == pytest.approx(0.002 * 2**0.5, rel=0.03)
    alone = ResampledScores(values, resampled).score("a", FIXED_MODELS)
    assert alone.error == pytest.approx((0.01**2 + 0.002**2) ** 0.5, rel=0.03)


def test_seeds_and_examples_by_hand() -> None:
    """Variance over seeds 4e-4 and that over test sets, common to the seeds, 1e-4: for 3 seeds
    4e-4 / 3 + 1e-4, and (7 / 3 over 4 / 3)^2 times 2 degrees of freedom."""
    values = np.array([-0.02, 0.0, 0.02])
    unit = np.array([-1.0, 1.0]) * math.sqrt(0.5)  # its variance, with ddof 1, is 1
    of_one = ResampledScores({"a": values}, {"a": 0.01 * np.vstack([unit] * 3)})
    estimate = of_one.score("a", OVER_SEEDS)
    assert estimate.error == pytest.approx(math.sqrt(7e-4 / 3))
    assert estimate.df == pytest.approx(2 * (7 / 4) ** 2)
    # Against a method without any noise it is the same; against one like it, twice the variance
    # of the seeds, and none of the examples, which are as hard for both.
    two = ResampledScores(
        {"a": values, "b": values, "c": np.zeros(3)},
        {**of_one.resampled, "b": of_one.resampled["a"], "c": np.zeros((3, 2))},
    )
    assert two.estimate(("a", "c"), OVER_SEEDS).df == pytest.approx(estimate.df)
    pair = two.estimate(("a", "b"), OVER_SEEDS)
    assert pair.error == pytest.approx(math.sqrt(8e-4 / 3))
    assert pair.df == pytest.approx(4)


def test_seeds_do_not_vary_less_than_their_examples_make_them() -> None:
    """Each seed has noise of its own of variance 1e-4, but by luck the three are alike."""
    random = np.random.default_rng(2)
    resampled = 0.01 * random.normal(size=(3, 50_000))
    lucky = np.array([0.010, 0.0101, 0.0102])
    estimate = ResampledScores({"a": lucky}, {"a": resampled}).score("a", OVER_SEEDS)
    assert estimate.error == pytest.approx(0.01 / 3**0.5, rel=0.02)
    assert estimate.df == pytest.approx(2, rel=0.05)
    wild = np.array([-0.05, 0.0, 0.05])
    estimate = ResampledScores({"a": wild}, {"a": resampled}).score("a", OVER_SEEDS)
    assert estimate.error == pytest.approx(0.05 / 3**0.5, rel=0.02)


def test_smallest_detectable_is_statsmodels_own() -> None:
    from statsmodels.stats.power import NormalIndPower

    estimate = Estimate(0.0, 0.01, math.inf)
    # A one-sample z test of 100 observations with standard deviation 0.1: the same error.
    effect = NormalIndPower().solve_power(nobs1=100, alpha=0.05, power=0.8, ratio=0)
    assert estimate.smallest_detectable(0.05, 0.8) == pytest.approx(0.1 * effect, rel=1e-3)


def test_smallest_detectable_of_few_degrees_of_freedom_is_that_of_the_t_test() -> None:
    from statsmodels.stats.power import TTestPower

    effect = TTestPower().solve_power(nobs=10, alpha=0.05, power=0.8)
    smallest = Estimate(0.0, 0.01 / 10**0.5, 9).smallest_detectable(0.05, 0.8)
    assert smallest == pytest.approx(0.01 * effect, rel=1e-3)


def test_smallest_detectable_of_three_seeds_is_found_as_often_as_it_says() -> None:
    """By drawing: statsmodels' search ends at 69 % here."""
    shift = Estimate(0.0, 1.0, 2).smallest_detectable(0.05 / 6, 0.8)
    random = np.random.default_rng(0)
    drawn = (random.normal(size=200_000) + shift) / np.sqrt(random.chisquare(2, 200_000) / 2)
    assert (drawn > stats.t.ppf(1 - 0.05 / 12, 2)).mean() == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize(("error", "expected"), [(1e-9, 1e-9 * 318309.886), (0.1, 1.0)])
def test_smallest_detectable_with_hardly_a_degree_of_freedom_is_a_number(
    error: float, expected: float
) -> None:
    """Cauchy's distribution (one degree of freedom) has the closed form tan for its quantiles."""
    level = 2e-6
    quantile = math.tan(math.pi * (0.5 - level / 2))
    assert quantile == pytest.approx(318309.886, rel=1e-6)
    assert Estimate(0.0, error, 1).smallest_detectable(level, 0.8) == pytest.approx(expected)
    assert Estimate(0.0, error, 0.2).smallest_detectable(0.001, 0.8) == 1.0


def test_scores_that_are_alike_but_for_the_last_bit_do_not_vary() -> None:
    alike = np.array([0.8, 0.8, np.nextafter(0.8, 1)])
    estimate = ResampledScores({"a": alike}, {"a": np.ones((3, 9))}).score("a", OVER_SEEDS)
    assert estimate.df == math.inf


def test_equal_models_leave_nothing_to_test() -> None:
    alike = ResampledScores(
        {"a": np.ones(1), "b": np.ones(1)}, {"a": np.ones((1, 10)), "b": np.ones((1, 10))}
    )
    nothing = alike.estimate(("a", "b"), FIXED_MODELS)
    assert nothing.pvalue() == 1
    assert nothing.interval(0.95) == (0, 0)
    assert Estimate(0.1, 0.0, math.inf).pvalue() == 0


@pytest.mark.parametrize("question", list(Question))
def test_methods_that_predict_the_same_have_no_difference_with_certainty(
    question: Question,
) -> None:
    """Seeds that predict classes of their own vary, yet the difference never does."""
    values = np.array([0.3, 0.3, 0.3])
    resampled = np.random.default_rng(0).normal(0.3, 0.1, (3, 99))
    same = ResampledScores({"a": values, "b": values}, {"a": resampled, "b": resampled})
    estimate = same.estimate(("a", "b"), question)
    assert estimate.interval(0.95) == (0, 0)
    assert estimate.pvalue() == 1
    assert standing(same.means(["a", "b"], question), 0.01, 0.05).sure.tolist() == [1, 1]


@pytest.mark.parametrize(
    "pvalues",
    [
        [],
        [0.04],
        [0.01, 0.04, 0.03, 0.005],
        [0.5, 0.9, 0.4, 1.0],
        [0.02, 0.02, 0.02],
        [0.0, 1.0, 1e-300],
        np.random.default_rng(0).random(40).tolist(),
        (np.random.default_rng(1).random(15) ** 4).tolist(),
    ],
)
def test_holm_is_statsmodels(pvalues: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    expected = multipletests(pvalues, method="holm")[1].tolist() if pvalues else []
    assert holm(pvalues) == expected
