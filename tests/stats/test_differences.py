"""Verdicts turn on corrected p-values, at the level that they promise."""

import numpy as np
import pytest
from scipy import stats

from tests.fake_runs import settings
from textune.stats.differences import POWER, FixedModelsP, differences
from textune.stats.results import Question, Verdict, declared_pairs
from textune.stats.seeds import ResampledScores

# A sample of mean 0 and standard deviation 1.
NOISE = stats.zscore(np.random.default_rng(0).normal(size=500), ddof=1)


def one_seed(**scores: tuple[float, float]) -> ResampledScores:
    """By method its score and the standard error of that, with one seed."""
    return ResampledScores(
        {name: np.array([value]) for name, (value, _) in scores.items()},
        {name: (value + error * NOISE)[None] for name, (value, error) in scores.items()},
    )


@pytest.mark.parametrize(
    ("p", "verdict"), [(0.03, Verdict.BETTER), (0.04, Verdict.NOT_DISTINGUISHABLE)]
)
def test_a_verdict_takes_the_p_corrected_for_the_family(p: float, verdict: Verdict) -> None:
    """At a level of 0.1 with three pairs; 0.04 alone would do."""
    pairs = declared_pairs(["a", "b", "c"])
    pvalues = {pair: FixedModelsP(1.0, {0: 1.0}) for pair in pairs}
    pvalues[pairs[0]] = FixedModelsP(p, {0: p})
    scores = one_seed(a=(0.5, 0.0), b=(0.6, 0.01), c=(0.55, 0.01))
    found = differences(scores, pvalues, settings(confidence_level=0.9))[pairs[0]]
    assert found.verdict is verdict
    assert found.fixed_models.p_holm == pytest.approx(3 * p)
    alone = differences(scores, {pairs[0]: pvalues[pairs[0]]}, settings(confidence_level=0.9))
    assert alone[pairs[0]].verdict is Verdict.BETTER


def test_smallest_detectable_is_at_the_level_of_the_smallest_p() -> None:
    pairs = declared_pairs(["a", "b", "c"])
    scores = one_seed(a=(0.5, 0.0), b=(0.6, 0.01), c=(0.6, 0.01))
    pvalues = {pair: FixedModelsP(0.5, {0: 0.5}) for pair in pairs}
    found = differences(scores, pvalues, settings(confidence_level=0.9))
    estimate = scores.estimate(pairs[0], Question.FIXED_MODELS)
    expected = estimate.smallest_detectable(0.1 / 3, POWER)
    assert found[pairs[0]].fixed_models.smallest_detectable == pytest.approx(expected, abs=1e-6)
    # b and c are right on the same examples: nothing to detect.
    assert found["c", "b"].fixed_models.smallest_detectable is None


def test_a_family_without_pairs_has_no_differences() -> None:
    assert differences(one_seed(a=(0.5, 0.1)), {}, settings()) == {}


def test_a_planned_look_spends_its_share_of_the_level() -> None:
    """p 0.08 is below the level of 0.1, and above half of it."""
    pair = ("b", "a")
    scores = one_seed(a=(0.5, 0.0), b=(0.6, 0.01))
    pvalues = {pair: FixedModelsP(0.08, {0: 0.08})}
    whole, half = (
        differences(scores, pvalues, settings(confidence_level=0.9), share)[pair]
        for share in (1.0, 0.5)
    )
    assert (whole.verdict, half.verdict) == (Verdict.BETTER, Verdict.NOT_DISTINGUISHABLE)
    smaller, larger = (found.fixed_models.smallest_detectable or 0 for found in (whole, half))
    assert smaller < larger
