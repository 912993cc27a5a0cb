"""Every method's scores on a split, with the same resamples of its examples for all."""

from collections.abc import Mapping, Sequence

import numpy as np

from textune.config.sections import EvaluateParams
from textune.metrics.catalog import COMPARED
from textune.metrics.of_classes import numbers_of
from textune.runs.store import Run, RunSet, Split
from textune.stats.intervals import score_with_intervals
from textune.stats.resampling import Patterns, bootstrap, scores
from textune.stats.results import Score
from textune.stats.seeds import ResampledScores


def compared_metrics(chosen: str) -> list[str]:
    """Those that methods are compared by; `chosen` is the one that decides."""
    return list(dict.fromkeys([*COMPARED, chosen]))


def patterns_of(runs: Sequence[Run], settings: EvaluateParams, split: Split = "test") -> Patterns:
    """The examples of a split with what each run predicts for them."""
    examples, names = runs[0].predictions[split], runs[0].record.label_names
    return Patterns.of(
        examples.labels,
        np.stack([run.predicted(split) for run in runs]),
        len(names),
        examples.clusters,
        numbers_of(settings.metric, names),
    )


def resampled_scores(
    runs: RunSet, settings: EvaluateParams, split: Split = "test"
) -> dict[str, ResampledScores]:
    """By metric; all methods are scored on the same resamples."""
    of_all = [run for of_method in runs.values() for run in of_method]
    patterns = patterns_of(of_all, settings, split)
    values = scores(patterns)
    resampled = bootstrap(patterns, settings.resamples, np.random.default_rng(settings.seed))
    seeds = len(runs.seeds)
    # The models of a method stand side by side, one a seed.
    at = {name: slice(seeds * i, seeds * (i + 1)) for i, name in enumerate(runs)}
    return {
        metric: ResampledScores(
            {name: values[number, where] for name, where in at.items()},
            {name: resampled[number, where] for name, where in at.items()},
        )
        for number, metric in enumerate(compared_metrics(settings.metric))
    }


def scores_of(
    name: str, by_metric: Mapping[str, ResampledScores], settings: EvaluateParams
) -> dict[str, Score]:
    """By metric, those of one method with their intervals."""
    return {
        metric: score_with_intervals(of_metric.values[name], of_metric.resampled[name], settings)
        for metric, of_metric in by_metric.items()
    }
