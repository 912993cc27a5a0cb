"""Intervals and tests of few seeds agree with textbook cases."""

import math

import numpy as np
import pytest
from scipy import stats

from textune.stats.seeds import Estimate, fixed_models, holm, over_seeds


def test_without_noise_of_the_examples_it_is_the_one_sample_t_test() -> None:
    values = np.array([0.011, 0.018, 0.004, 0.013])
    still = np.repeat(values[:, None], 50, axis=1)
    estimate = over_seeds(values, still)
    expected = stats.ttest_1samp(values, 0)
    assert estimate.pvalue() == pytest.approx(expected.pvalue)
    assert estimate.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_without_noise_of_the_seeds_it_is_the_z_test() -> None:
    random = np.random.default_rng(0)
    drawn = 0.02 + 0.01 * random.normal(size=20_000)
    estimate = over_seeds(np.full(3, 0.02), np.vstack([drawn] * 3))
    assert estimate.df == math.inf
    assert estimate.error == pytest.approx(0.01, rel=0.03)
    assert estimate.pvalue() == pytest.approx(2 * stats.norm.sf(0.02 / estimate.error))


def test_more_noise_of_the_seeds_means_fewer_degrees_of_freedom() -> None:
    random = np.random.default_rng(1)
    common = 0.005 * random.normal(size=2000)
    resampled = np.vstack([common] * 3)
    calm = over_seeds(np.array([0.010, 0.011, 0.012]), resampled)
    wild = over_seeds(np.array([0.001, 0.011, 0.021]), resampled)
    assert 2 <= wild.df < calm.df
    assert wild.error > calm.error


def test_hillis_by_hand() -> None:
    """Variance over seeds 4e-4, covariance 1e-4, 3 seeds: 7e-4 / 3, and (7 / 4)^2 * 2 = 6.125."""
    values = np.array([-0.02, 0.0, 0.02])
    unit = np.array([-1.0, 1.0]) * math.sqrt(0.5)  # its variance, with ddof 1, is 1
    estimate = over_seeds(values, 0.01 * np.vstack([unit] * 3))
    assert estimate.error == pytest.approx(math.sqrt(7e-4 / 3))
    assert estimate.df == pytest.approx(6.125)


def test_a_negative_covariance_counts_as_none() -> None:
    values = np.array([0.0, 0.03])
    opposite = np.array([[0.01, -0.01, 0.01], [-0.01, 0.01, -0.01]])
    assert over_seeds(values, opposite).error == pytest.approx(np.std(values, ddof=1) / 2**0.5)


def test_seeds_do_not_vary_less_than_their_examples_make_them() -> None:
    """Each seed has noise of its own of variance 1e-4, but by luck the three are alike."""
    random = np.random.default_rng(2)
    resampled = 0.01 * random.normal(size=(3, 50_000))
    lucky = over_seeds(np.array([0.010, 0.0101, 0.0102]), resampled)
    assert lucky.error == pytest.approx(0.01 / 3**0.5, rel=0.02)
    assert lucky.df == pytest.approx(2, rel=0.05)
    low, high = lucky.interval(0.95)
    assert (high - low) / 2 == pytest.approx(lucky.error * stats.t.ppf(0.975, 4 * lucky.df))
    # Where the seeds vary more, it is the plain t interval again.
    wild = over_seeds(np.array([-0.05, 0.0, 0.05]), resampled)
    assert wild.interval_df == wild.df


def test_not_worse_is_the_one_sided_test_against_the_margin() -> None:
    estimate = Estimate(-0.004, 0.003, 10)
    expected = stats.t.sf((-0.004 + 0.01) / 0.003, 10)
    assert estimate.pvalue_not_worse(0.01) == pytest.approx(expected)
    # The interval's lower end lies above the margin where half of 1 - confidence_level is reached.
    for margin in (0.005, 0.01, 0.02):
        above = estimate.interval(0.95)[0] > -margin
        assert above == (estimate.pvalue_not_worse(margin) < 0.025)


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


def test_scores_that_are_alike_but_for_the_last_bit_do_not_vary() -> None:
    assert over_seeds(np.array([0.8, 0.8, np.nextafter(0.8, 1)]), np.ones((3, 9))).df == math.inf


def test_equal_models_leave_nothing_to_test() -> None:
    nothing = fixed_models(np.zeros(1), np.zeros((1, 10)))
    assert nothing.pvalue() == 1
    assert nothing.interval(0.95) == (0, 0)
    assert nothing.pvalue_not_worse(0.01) == 0
    assert Estimate(0.1, 0.0, math.inf).pvalue() == 0


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
