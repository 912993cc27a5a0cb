"""The differences of all pairs by one metric: intervals, tests and verdicts."""

from collections.abc import Mapping
from typing import NamedTuple

from textune.config.sections import EvaluateParams
from textune.stats.intervals import percentile_interval
from textune.stats.results import Difference, Interval, PairNames, Question, Test, Verdict
from textune.stats.seeds import Estimate, ResampledScores, holm, question_of

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
    scores: ResampledScores,
    pvalues: Mapping[PairNames, FixedModelsP],
    settings: EvaluateParams,
    share: float = 1.0,
) -> dict[PairNames, Difference]:
    """Every pair of `pvalues`, which are one family of tests.

    A verdict is given where the corrected p is below (1 - `confidence_level`) times `share`, the
    part of the level that this look at the results may spend.
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
    level = (1 - settings.confidence_level) * share
    smallest = level / max(1, len(pvalues))
    return {
        pair: _difference(of_pair, p_holm[pair], level, smallest)
        for pair, of_pair in answers.items()
    }


def _answers(
    scores: ResampledScores, pair: PairNames, known: FixedModelsP, settings: EvaluateParams
) -> dict[Question, _Answer]:
    first, second = pair
    resampled = scores.resampled[first] - scores.resampled[second]
    answers = {
        Question.FIXED_MODELS: _Answer(
            scores.estimate(pair, Question.FIXED_MODELS),
            percentile_interval(resampled, settings),
            known.of_mean,
            known.by_seed,
        )
    }
    if question_of(len(resampled)) is Question.OVER_SEEDS:
        estimate = scores.estimate(pair, Question.OVER_SEEDS)
        low, high = estimate.interval(settings.confidence_level)
        # No two scores differ by more, which Student's t does not know.
        interval = Interval(low=max(-1.0, low), high=min(1.0, high))
        answers[Question.OVER_SEEDS] = _Answer(estimate, interval, estimate.pvalue(), {})
    return answers


def _difference(
    answers: Mapping[Question, _Answer],
    p_holm: Mapping[Question, float],
    level: float,
    smallest: float,
) -> Difference:
    """level: of the family's verdicts; smallest: that of the family's smallest p."""
    question = Question.OVER_SEEDS if Question.OVER_SEEDS in answers else Question.FIXED_MODELS
    difference = answers[Question.FIXED_MODELS].estimate.value
    verdict = Verdict.NOT_DISTINGUISHABLE
    if p_holm[question] < level:
        verdict = Verdict.BETTER if difference > 0 else Verdict.WORSE
    tests = {
        asked: Test(
            low=answer.interval.low,
            high=answer.interval.high,
            p=answer.p,
            p_holm=p_holm[asked],
            smallest_detectable=_smallest_detectable(answer.estimate, smallest),
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
