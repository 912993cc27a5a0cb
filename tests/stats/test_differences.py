"""Verdicts and the recommendation turn on corrected p-values, at the level that they promise."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.fake_runs import TRAINED, load, settings, write_run
from textune.runs.store import RunSet
from textune.stats.differences import POWER, FixedModelsP, differences
from textune.stats.recommendation import recommend
from textune.stats.results import Verdict, declared_pairs
from textune.stats.seeds import ResampledScores, fixed_models

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
    estimate = fixed_models(*scores.difference(pairs[0]))
    expected = estimate.smallest_detectable(0.1 / 3, POWER)
    assert found[pairs[0]].fixed_models.smallest_detectable == pytest.approx(expected, abs=1e-6)
    # b and c are right on the same examples: nothing to detect.
    assert found["c", "b"].fixed_models.smallest_detectable is None


def test_a_family_without_pairs_has_no_differences() -> None:
    assert differences(one_seed(a=(0.5, 0.1)), {}, settings()) == {}


@pytest.fixture(scope="module")
def full_is_best(tmp_path_factory: pytest.TempPathFactory) -> RunSet:
    folder: Path = tmp_path_factory.mktemp("models")
    for name, skill in {"baseline": 0.1, "lora": 0.2, "full": 3.0}.items():
        write_run(folder, name, 0, skill=skill, trainable=TRAINED[name])
    return load(folder, [0])


@pytest.mark.parametrize(("p", "chosen"), [(0.024, "lora"), (0.03, "full")])
def test_a_cheaper_method_passes_at_half_the_level_after_correction(
    full_is_best: RunSet, p: float, chosen: str
) -> None:
    """At 0.05, one-sided, with two methods tested: 0.03 alone would do."""
    margin, error = 0.05, 0.01
    value = error * float(stats.norm.isf(p)) - margin
    scores = one_seed(untrained=(-9, 0.1), baseline=(-1, 0.1), lora=(value, error), full=(0, 0))
    advice = recommend(
        full_is_best, scores, {}, settings(confidence_level=0.9, noninferiority_margin=margin)
    )
    assert (advice.best_on_validation, advice.method) == ("full", chosen)
    baseline, lora = advice.tested
    assert (baseline.name, baseline.p_not_worse_holm) == ("baseline", 1)
    assert lora.p_not_worse_holm == pytest.approx(2 * p, rel=1e-3)
    assert lora.low == pytest.approx(value - error * stats.norm.isf(0.05), abs=1e-6)
