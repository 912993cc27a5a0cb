"""Comparisons of methods whose true scores are known, for testing the statistics.

`benchmarks.simulation` draws the predictions and has the many settings; these are a few, with the
verdicts on pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from benchmarks.simulation.predictions import (
    Predicted,
    Setting,
    predict,
    resampled_scores,
    true_scores,
)
from benchmarks.simulation.rules import decided
from textune.config.sections import ComparedMetric, EvaluateParams
from textune.metrics.catalog import COMPARED
from textune.stats.differences import FixedModelsP, differences
from textune.stats.recommendation import standing
from textune.stats.resampling import Patterns, permutation_pvalues
from textune.stats.results import Interval, PairNames, Question
from textune.stats.seeds import Floats

# With fewer resamples than a user may set, which is quicker.
SETTINGS = EvaluateParams.model_construct(
    confidence_level=0.95, noninferiority_margin=0.01, level=0.05, resamples=300
)


@dataclass(frozen=True)
class Simulated:
    """Shares of the trials.

    Coverage is of all pairs' intervals, each question's against its own truth. `rejects` counts
    trials in which any corrected test of the family rejects (for fixed models None, unless all
    models are the same in truth); `detects` those in which the first pair's does. settles_wrongly:
    on a method that is worse than the best by the margin or more.
    """

    setting: Setting
    trials: int
    covers_fixed_models: float
    covers_over_seeds: float
    rejects_fixed_models: float | None
    rejects_over_seeds: float
    detects: float
    settles_wrongly: float


def simulate(setting: Setting, trials: int, metric: ComparedMetric = "accuracy") -> Simulated:
    """Compare the methods in as many trials."""
    random = np.random.default_rng(0)
    per_trial = [_trial(setting, metric, random) for _ in range(trials)]
    fixed, over_seeds, rejects_fixed, *others = np.mean(per_trial, axis=0).tolist()
    same = _all_alike(setting)
    return Simulated(setting, trials, fixed, over_seeds, rejects_fixed if same else None, *others)


def _trial(setting: Setting, metric: ComparedMetric, random: np.random.Generator) -> list[float]:
    """What `Simulated` has of one trial, in its order."""
    predicted = predict(setting, random)
    scores = resampled_scores(setting, predicted, SETTINGS.resamples, random)[metric]
    pairs = list(combinations(setting.names, 2))
    pvalues = {pair: _fixed_models_p(setting, predicted, pair, metric, random) for pair in pairs}
    compared = differences(scores, pvalues, SETTINGS)
    true = true_scores(setting.recalls, setting.shares)[metric]
    of_models = true_scores(predicted.recalls, setting.shares)[metric].mean(axis=-1)

    over_seeds = {pair: compared[pair].answer(Question.OVER_SEEDS) for pair in pairs}
    fixed_models = {pair: compared[pair].fixed_models for pair in pairs}
    rejected = [test.p_holm < 0.05 for test in over_seeds.values()]
    means = scores.means(setting.names, Question.OVER_SEEDS)
    found = decided(standing(means, SETTINGS.noninferiority_margin, SETTINGS.level))
    regret = true.max() - true[found.named]
    return [
        _covered(setting, fixed_models, of_models),
        _covered(setting, over_seeds, true),
        any(test.p_holm < 0.05 for test in fixed_models.values()),
        any(rejected),
        rejected[0],
        bool(found.settled) and regret >= SETTINGS.noninferiority_margin - 1e-9,
    ]


def _all_alike(setting: Setting) -> bool:
    """Whether even the models' true accuracies are the same: then no test should fire."""
    return setting.seed_sd == 0 and len(set(setting.accuracies)) == 1


def _fixed_models_p(
    setting: Setting,
    predicted: Predicted,
    pair: PairNames,
    metric: ComparedMetric,
    random: np.random.Generator,
) -> FixedModelsP:
    if not _all_alike(setting):
        return FixedModelsP(1.0, {})
    both = np.concatenate([predicted.predicted[setting.names.index(name)] for name in pair])
    patterns = Patterns.of(predicted.labels, both, len(setting.sizes))
    permuted = permutation_pvalues(patterns, SETTINGS.resamples, random)
    return FixedModelsP(float(permuted[COMPARED.index(metric), -1]), {})


def _covered(setting: Setting, intervals: Mapping[PairNames, Interval], true: Floats) -> float:
    """The share of the pairs' intervals that hold the difference of `true`, one for a method."""
    of_methods = dict(zip(setting.names, true.tolist(), strict=True))
    return float(
        np.mean(
            [
                interval.low <= of_methods[first] - of_methods[second] <= interval.high
                for (first, second), interval in intervals.items()
            ]
        )
    )
