"""A score with its intervals, one for each question."""

from statistics import fmean

import numpy as np

from textune.config.sections import EvaluateParams
from textune.stats.results import Interval, Question, Score
from textune.stats.seeds import Floats, ResampledScores, question_of


def percentile_interval(resampled: Floats, settings: EvaluateParams) -> Interval:
    """The percentile interval (Efron & Tibshirani 1993, chapter 13) of the mean over seeds.

    resampled: (seeds, resamples).
    """
    tail = (1 - settings.confidence_level) / 2
    low, high = np.quantile(resampled.mean(axis=0), [tail, 1 - tail])
    return Interval(low=float(low), high=float(high))


def score_with_intervals(
    values: Floats, resampled: Floats, settings: EvaluateParams, highest: float = 1.0
) -> Score:
    """One method's mean score over seeds, on a metric between 0 and `highest`.

    values: (seeds,); resampled: (seeds, resamples).
    """
    scores = ResampledScores({"it": values}, {"it": resampled})
    over_seeds = None
    if question_of(len(values)) is Question.OVER_SEEDS:
        low, high = scores.score("it", Question.OVER_SEEDS).interval(settings.confidence_level)
        # Student's t does not know where the metric ends.
        over_seeds = Interval(low=max(0.0, low), high=min(highest, high))
    return Score(
        mean=fmean(values),
        test_sd=scores.score("it", Question.FIXED_MODELS).error,
        seed_sd=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        fixed_models=percentile_interval(resampled, settings),
        over_seeds=over_seeds,
    )
