"""Runs with a known truth, for testing the statistics.

Three methods, each with the same expected accuracy but for `gap`, which the first one has more. A
training's own accuracy varies by `seed_sd` around its method's. Examples are hard for all models
alike, in part for a method's models alone, in part for one model alone.
"""

from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from scipy import stats

from textune.params import EvaluateParams
from textune.results.comparison import compare
from textune.results.inference import Scored, over_seeds, these_models
from textune.results.resampling import (
    METRICS,
    Groups,
    Metric,
    bootstrap,
    permutation_pvalues,
    scores,
)

METHODS = ("a", "b", "c")
PAIRS = tuple(combinations(METHODS, 2))
ACCURACY = 0.7
# Shares of an example's difficulty.
FOR_ALL, FOR_METHOD = 0.7, 0.1
SETTINGS = EvaluateParams(confidence=0.95, margin=0.01, metric="accuracy", resamples=1000, seed=0)


@dataclass(frozen=True)
class Setting:
    """`seed_sd` and `gap` as shares; `n` test examples."""

    seeds: int
    seed_sd: float
    n: int
    gap: float = 0.0
    metric: Metric = "accuracy"


@dataclass(frozen=True)
class Found:
    """Shares of the trials. None where the question has no answer.

    Coverage is of all pairs' intervals, each question's against its own truth; `fires` counts
    trials in which any corrected test of the family fires, `finds` those in which the first pair's,
    which has the gap, does; `passes` those in which the second method passes for not being worse
    than the first by the margin.
    """

    setting: Setting
    trials: int
    covers_models: float
    covers_method: float | None
    fires_models: float
    fires_method: float | None
    finds_models: float
    finds_method: float | None
    passes_models: float
    passes_method: float | None


GRID = [
    Setting(seeds, seed_sd, n)
    for seeds, seed_sd, n in product((2, 3, 5), (0.0, 0.002, 0.005), (2_000, 12_284))
]


def with_gap(setting: Setting, gap: float = 0.02) -> Setting:
    """The same with a true difference."""
    return replace(setting, gap=gap)


def simulate(setting: Setting, trials: int, seed: int = 0) -> Found:
    """Compare the methods in as many trials."""
    random = np.random.default_rng([seed, setting.seeds, setting.n, round(1e4 * setting.seed_sd)])
    found = np.array([_trial(setting, random) for _ in range(trials)], dtype=float)
    models, method = found.mean(axis=0)
    of_method = [None if np.isnan(share) else share for share in method.tolist()]
    covers, fires, finds, passes = zip(models.tolist(), of_method, strict=True)
    return Found(setting, trials, *covers, *fires, *finds, *passes)


def _trial(setting: Setting, random: np.random.Generator) -> list[list[float]]:
    """(2 questions, 4): share of pairs covered, whether any test fires, whether the first does,
    whether the second method passes."""
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

    number = METRICS.index(setting.metric)
    groups = Groups.of(labels, predicted.reshape(3 * seeds, n), 3)
    values = scores(groups)[number].reshape(3, seeds)
    resampled = bootstrap(groups, SETTINGS.resamples, random)[number].reshape(3, seeds, -1)
    scored = Scored(
        dict(zip(METHODS, values, strict=True)), dict(zip(METHODS, resampled, strict=True))
    )
    pvalues = {}
    for one, other in PAIRS:
        both = np.concatenate([predicted[METHODS.index(m)] for m in (one, other)])
        permuted = permutation_pvalues(Groups.of(labels, both, 3), SETTINGS.resamples, random)
        pvalues[one, other] = {"p": float(permuted[number, -1])}
    compared = compare(scored, pvalues, SETTINGS)

    truths = {"models": own.mean(axis=1), "method": expected}
    estimates = {"models": these_models, "method": over_seeds}
    rows = []
    for question, truth in truths.items():
        differences = [truth[METHODS.index(a)] - truth[METHODS.index(b)] for a, b in PAIRS]
        if any(question not in compared[pair] for pair in PAIRS):
            # What would the interval be, if it were told?
            bounds = [over_seeds(*scored.difference(pair)).interval(0.95) for pair in PAIRS]
            rows.append([_covered(bounds, differences), np.nan, np.nan, np.nan])
            continue
        answers = [compared[pair][question] for pair in PAIRS]
        bounds = [(answer["low"], answer["high"]) for answer in answers]
        fired = [answer["p_holm"] < 0.05 for answer in answers]
        estimate = estimates[question](*scored.difference(("b", "a")))
        passed = estimate.pvalue_not_worse(SETTINGS.margin) < 0.025
        rows.append([_covered(bounds, differences), any(fired), fired[0], passed])
    return rows


def _covered(bounds: list[tuple[float, float]], truths: list[float]) -> float:
    inside = [low <= truth <= high for (low, high), truth in zip(bounds, truths, strict=True)]
    return float(np.mean(inside))
