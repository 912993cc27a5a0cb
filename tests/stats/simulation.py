"""Runs with a known truth, for testing the statistics.

Three methods, each with the same expected accuracy but for `gap`, which the first one has more. A
training's own accuracy varies by `seed_sd` around its method's. Examples are hard for all models
alike, in part for a method's models alone, in part for one model alone.
"""

from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from textune.config.sections import ComparedMetric, EvaluateParams
from textune.metrics.catalog import COMPARED
from textune.stats.differences import FixedModelsP, differences
from textune.stats.resampling import Groups, bootstrap, permutation_pvalues, scores
from textune.stats.results import Question
from textune.stats.seeds import ResampledScores, over_seeds, question_of

METHODS = ("a", "b", "c")
PAIRS = tuple(combinations(METHODS, 2))
ACCURACY = 0.7
# Shares of an example's difficulty.
FOR_ALL, FOR_METHOD = 0.7, 0.1
SETTINGS = EvaluateParams(
    confidence_level=0.95,
    noninferiority_margin=0.01,
    metric="accuracy",
    decision="most_probable",
    resamples=1000,
    seed=0,
).model_copy(update={"resamples": 400})  # fewer than the schema allows, and quicker


@dataclass(frozen=True)
class Setting:
    """`seed_sd` and `gap` as shares; `n` test examples."""

    seeds: int
    seed_sd: float
    n: int
    gap: float = 0.0
    metric: ComparedMetric = "accuracy"

    @property
    def models_are_alike(self) -> bool:
        """Whether even the models' true accuracies are the same: then no test should fire."""
        return self.gap == 0 and self.seed_sd == 0


@dataclass(frozen=True)
class Simulated:
    """Shares of the trials. None where the question has no answer.

    Coverage is of all pairs' intervals, each question's against its own truth. `rejects` counts
    trials in which any corrected test of the family rejects (for fixed models, where they are
    alike); `detects` those in which the first pair's does, which has the gap; `passes` those in
    which the second method passes for not being worse than the first by the margin.
    """

    setting: Setting
    trials: int
    covers_fixed_models: float
    covers_over_seeds: float | None
    rejects_fixed_models: float | None
    rejects_over_seeds: float | None
    detects: float | None
    passes: float | None


GRID = [
    Setting(seeds, seed_sd, n)
    for seeds, seed_sd, n in product((2, 3, 5), (0.0, 0.002, 0.005), (2_000, 12_284))
]


def with_gap(setting: Setting, gap: float = 0.02) -> Setting:
    """The same with a true difference."""
    return replace(setting, gap=gap)


def simulate(setting: Setting, trials: int, seed: int = 0) -> Simulated:
    """Compare the methods in as many trials."""
    random = np.random.default_rng([seed, setting.seeds, setting.n, round(1e4 * setting.seed_sd)])
    trial = [_trial(setting, random) for _ in range(trials)]
    covers_fixed_models, *shares = np.mean(trial, axis=0).tolist()
    return Simulated(
        setting,
        trials,
        covers_fixed_models,
        *(None if np.isnan(share) else share for share in shares),
    )


def _trial(setting: Setting, random: np.random.Generator) -> list[float]:
    """What `Simulated` has of one trial, in its order; NaN for None."""
    seeds, n = setting.seeds, setting.n
    expected = np.array([ACCURACY + setting.gap, ACCURACY, ACCURACY])
    own = expected[:, None] + setting.seed_sd * random.normal(size=(3, seeds))
    difficulty = (
        FOR_ALL**0.5 * random.normal(size=n)
        + FOR_METHOD**0.5 * random.normal(size=(3, 1, n))
        + (1 - FOR_ALL - FOR_METHOD) ** 0.5 * random.normal(size=(3, seeds, n))
    )
    hits = difficulty < stats.norm.ppf(own)[..., None]
    # Classes of 50, 30 and 20 %; what is wrong is one of the two others.
    labels = random.choice(3, n, p=[0.5, 0.3, 0.2])
    wrong = (labels + random.integers(1, 3, n)) % 3
    predicted = np.where(hits, labels, wrong)
    if setting.metric == "accuracy":  # right and wrong will do, and there are fewer groups
        labels, predicted = np.ones(n, np.int64), hits.astype(np.int64)

    number = COMPARED.index(setting.metric)
    groups = Groups.of(labels, predicted.reshape(3 * seeds, n), 3)
    values = scores(groups)[number].reshape(3, seeds)
    resampled = bootstrap(groups, SETTINGS.resamples, random)[number].reshape(3, seeds, -1)
    by_method = ResampledScores(
        dict(zip(METHODS, values, strict=True)), dict(zip(METHODS, resampled, strict=True))
    )
    pvalues = {}
    for pair in PAIRS:
        if not setting.models_are_alike:
            pvalues[pair] = FixedModelsP(1.0, {})
            continue
        both = np.concatenate([predicted[METHODS.index(method)] for method in pair])
        permuted = permutation_pvalues(Groups.of(labels, both, 3), SETTINGS.resamples, random)
        pvalues[pair] = FixedModelsP(float(permuted[number, -1]), {})
    compared = differences(by_method, pvalues, SETTINGS)

    fixed_models = [compared[pair].fixed_models for pair in PAIRS]
    rejects_over_seeds = detects = passes = np.nan
    if question_of(seeds) is Question.OVER_SEEDS:
        rejected = [compared[pair].answer(Question.OVER_SEEDS).p_holm < 0.05 for pair in PAIRS]
        rejects_over_seeds, detects = any(rejected), rejected[0]
        margin = SETTINGS.noninferiority_margin
        passes = by_method.estimate(("b", "a")).pvalue_not_worse(margin) < 0.025
    intervals = [over_seeds(*by_method.difference(pair)).interval(0.95) for pair in PAIRS]
    rejects_fixed_models = any(test.p_holm < 0.05 for test in fixed_models)
    return [
        _covered([(test.low, test.high) for test in fixed_models], own.mean(axis=1)),
        # With two seeds this is not told, but would be.
        _covered(intervals, expected),
        rejects_fixed_models if setting.models_are_alike else np.nan,
        rejects_over_seeds,
        detects,
        passes,
    ]


def _covered(bounds: list[tuple[float, float]], truth: NDArray[np.float64]) -> float:
    """The share of the pairs' intervals that hold the difference of `truth`, one for a method."""
    numbers = [(METHODS.index(first), METHODS.index(second)) for first, second in PAIRS]
    true = [truth[first] - truth[second] for first, second in numbers]
    return float(np.mean([low <= d <= high for (low, high), d in zip(bounds, true, strict=True)]))
