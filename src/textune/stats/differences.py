"""The differences of all pairs by one metric: intervals, tests and verdicts."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from textune.config.sections import EvaluateParams
from textune.stats.results import Difference, Interval, PairNames, Question, Test, Verdict
from textune.stats.seeds import (
    Estimate,
    ResampledScores,
    fixed_models,
    holm,
    over_seeds,
    question_of,
)

POWER = 0.8


class FixedModelsP(NamedTuple):
    """Two-sided p of the trained models: of the mean over seeds, and of each seed's pair alone."""

    of_mean: float
    by_seed: dict[int, float]


class _Answer(NamedTuple):
    """One pair's test for one question, before Holm's correction."""

    estimate: Estimate
    interval: Interval
    p: float
    p_by_seed: dict[int, float]


def differences(
    scores: ResampledScores, pvalues: Mapping[PairNames, FixedModelsP], settings: EvaluateParams
) -> dict[PairNames, Difference]:
    """Every pair of `pvalues`, which are one family of tests.

    A verdict is given where the corrected p is below 1 - `confidence_level`.
    """
    answers = {pair: _answers(scores, pair, pvalues[pair], settings) for pair in pvalues}
    p_holm: dict[PairNames, dict[Question, float]] = {pair: {} for pair in answers}
    for question in Question:
        asked = {
            pair: of_pair[question] for pair, of_pair in answers.items() if question in of_pair
        }
        corrected = holm([answer.p for answer in asked.values()])
        for pair, p in zip(asked, corrected, strict=True):
            p_holm[pair][question] = p
    level = (1 - settings.confidence_level) / max(1, len(pvalues))
    return {
        pair: _difference(of_pair, p_holm[pair], level, settings)
        for pair, of_pair in answers.items()
    }


def percentile_interval(resampled: NDArray[np.float64], settings: EvaluateParams) -> Interval:
    """The percentile interval (Efron & Tibshirani 1993, chapter 13) of the mean over seeds.

    resampled: (seeds, resamples).
    """
    tail = (1 - settings.confidence_level) / 2
    low, high = np.quantile(resampled.mean(axis=0), [tail, 1 - tail])
    return Interval(low=float(low), high=float(high))


def _answers(
    scores: ResampledScores, pair: PairNames, known: FixedModelsP, settings: EvaluateParams
) -> dict[Question, _Answer]:
    values, resampled = scores.difference(pair)
    answers = {
        Question.FIXED_MODELS: _Answer(
            fixed_models(values, resampled),
            percentile_interval(resampled, settings),
            known.of_mean,
            known.by_seed,
        )
    }
    if question_of(len(values)) is Question.OVER_SEEDS:
        estimate = over_seeds(values, resampled)
        low, high = estimate.interval(settings.confidence_level)
        interval = Interval(low=low, high=high)
        answers[Question.OVER_SEEDS] = _Answer(estimate, interval, estimate.pvalue(), {})
    return answers


def _difference(
    answers: Mapping[Question, _Answer],
    p_holm: Mapping[Question, float],
    level: float,
    settings: EvaluateParams,
) -> Difference:
    question = Question.OVER_SEEDS if Question.OVER_SEEDS in answers else Question.FIXED_MODELS
    difference = answers[Question.FIXED_MODELS].estimate.value
    verdict = Verdict.NOT_DISTINGUISHABLE
    if p_holm[question] < 1 - settings.confidence_level:
        verdict = Verdict.BETTER if difference > 0 else Verdict.WORSE
    tests = {
        asked: Test(
            low=answer.interval.low,
            high=answer.interval.high,
            p=answer.p,
            p_holm=p_holm[asked],
            smallest_detectable=_smallest_detectable(answer.estimate, level),
            p_by_seed=answer.p_by_seed,
        )
        for asked, answer in answers.items()
    }
    return Difference(
        difference=difference,
        fixed_models=tests[Question.FIXED_MODELS],
        over_seeds=tests.get(Question.OVER_SEEDS),
        verdict=verdict,
        question=question,
    )


def _smallest_detectable(estimate: Estimate, level: float) -> float | None:
    """None for models that are right on the same examples, which leave nothing to detect."""
    return estimate.smallest_detectable(level, POWER) if estimate.error > 0 else None
