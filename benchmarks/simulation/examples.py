"""The whole path, from predictions of single examples to the recommendation, with rare classes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.simulation.predictions import (
    Setting,
    class_sizes,
    predict,
    resampled_scores,
    true_scores,
)
from benchmarks.simulation.results import OfExamples
from benchmarks.simulation.truth import FOR_ALL, FOR_METHOD, LEVEL, MARGIN
from textune.config.sections import ComparedMetric
from textune.stats.recommendation import standing
from textune.stats.results import Question
from textune.stats.seeds import Floats, ResampledScores

# Models that nearly always err on the same examples.
MORE_ALIKE = (0.9, 0.05)
_CONFIDENCE = 0.95
_RESAMPLES = 400
_SEED_SD = 0.003
_MACRO: tuple[ComparedMetric, ...] = ("macro_recall", "macro_f1")


@dataclass(frozen=True)
class Case:
    """Two methods; the cheap one's macro recall is worse by the margin.

    worse_in: it is so in that many of the smallest classes alone; None: in all alike. weight: how
    many times fewer trials than others it gets, because they take longer.
    """

    classes: int
    smallest: int
    rows: int
    seeds: int = 3
    accuracy: float = 0.76
    metrics: tuple[ComparedMetric, ...] = _MACRO
    worse_in: int | None = None
    alike: tuple[float, float] = (FOR_ALL, FOR_METHOD)
    weight: int = 1

    @property
    def setting(self) -> Setting:
        """The cheap method first."""
        classes = self.worse_in or self.classes
        worse = np.zeros((2, self.classes))
        worse[0, :classes] = MARGIN * self.classes / classes
        return Setting(
            accuracies=(self.accuracy,) * 2,
            seed_sd=_SEED_SD,
            seeds=self.seeds,
            sizes=class_sizes(self.classes, self.smallest, self.rows),
            alike=self.alike,
            gaps=tuple(tuple(row) for row in worse.tolist()),
        )


_ACCURACY: tuple[ComparedMetric, ...] = ("accuracy",)
CASES = [
    *(Case(2, rows // 2, rows, metrics=_ACCURACY) for rows in (200, 2_000, 12_284)),
    Case(2, 6_142, 12_284, seeds=5, metrics=_ACCURACY),
    Case(2, 100, 200, accuracy=0.98, metrics=_ACCURACY),
    Case(3, 10, 2_000),
    Case(3, 10, 2_000, seeds=5),
    *(Case(3, size, 6_000, worse_in=1) for size in (3, 6, 10, 20, 50)),
    *(Case(3, size, 6_000, accuracy=0.92, worse_in=1) for size in (3, 6, 10, 20, 50, 100)),
    *(Case(3, size, 6_000, accuracy=0.98, worse_in=1) for size in (20, 50, 100, 167)),
    *(
        Case(3, size, 6_000, accuracy=accuracy, worse_in=1, alike=MORE_ALIKE)
        for accuracy in (0.92, 0.98)
        for size in (20, 50, 100, 167)
    ),
    *(Case(2, size, 6_000, accuracy=0.92, worse_in=1) for size in (20, 150)),
    *(Case(20, size, 6_000, accuracy=0.92, worse_in=1, weight=2) for size in (3, 6, 15, 25)),
    *(Case(77, size, 6_000, accuracy=0.92, worse_in=1, weight=5) for size in (3, 6, 10)),
]


def lines(trials: int, quick: bool, tick: Callable[[str], None]) -> list[OfExamples]:
    """A line for each case and metric."""
    found = []
    for case in CASES:
        if quick and case.weight > 1:
            continue
        tick(f"{case.classes} classes, {case.rows:,} rows, smallest {case.smallest}")
        found += of_case(case, max(10, trials // case.weight))
    return found


def of_case(case: Case, trials: int) -> list[OfExamples]:
    """A line for each of its metrics, from as many trials."""
    random = np.random.default_rng([5, case.classes, case.smallest, case.rows, case.seeds])
    setting = case.setting
    per_trial = np.array([_trial(case, setting, random) for _ in range(trials)])
    return [
        OfExamples(
            metric=metric,
            classes=case.classes,
            smallest=case.smallest,
            rows=case.rows,
            seeds=case.seeds,
            accuracy=case.accuracy,
            worse_in=case.worse_in or case.classes,
            alike=case.alike == MORE_ALIKE,
            trials=trials,
            covers_method=method,
            covers_pair=pair,
            covers_pair_fixed_models=fixed,
            wrong=wrong,
        )
        for metric, (method, pair, fixed, wrong) in zip(
            case.metrics, per_trial.mean(axis=0).tolist(), strict=True
        )
    ]


def _trial(case: Case, setting: Setting, random: np.random.Generator) -> list[list[float]]:
    """By metric, what `OfExamples` has of one trial, in its order."""
    predicted = predict(setting, random)
    by_metric = resampled_scores(setting, predicted, _RESAMPLES, random)
    expected = true_scores(setting.recalls, setting.shares)
    of_models = true_scores(predicted.recalls, setting.shares)
    return [
        one_trial(by_metric[metric], expected[metric], of_models[metric].mean(axis=-1))
        for metric in case.metrics
    ]


def one_trial(scores: ResampledScores, expected: Floats, of_models: Floats) -> list[float]:
    """Whether intervals cover, and whether the cheap method is taken for good enough.

    expected: (2,) true scores of the methods; of_models: (2,) of the models trained.
    """
    cheap, good = scores.values
    means = scores.means([cheap, good], Question.OVER_SEEDS)
    # The margin is the true difference, whichever the metric.
    found = standing(means, float(expected[1] - expected[0]), LEVEL)
    methods = [scores.score(name, Question.OVER_SEEDS) for name in (cheap, good)]
    pair = scores.estimate((cheap, good), Question.OVER_SEEDS).interval(_CONFIDENCE)
    tail = (1 - _CONFIDENCE) / 2
    resampled = (scores.resampled[cheap] - scores.resampled[good]).mean(axis=0)
    fixed = np.quantile(resampled, [tail, 1 - tail])
    return [
        float(
            np.mean(
                [
                    _covers(estimate.interval(_CONFIDENCE), true)
                    for estimate, true in zip(methods, expected.tolist(), strict=True)
                ]
            )
        ),
        _covers(pair, float(expected[0] - expected[1])),
        _covers((fixed[0], fixed[1]), float(of_models[0] - of_models[1])),
        float(found.settled[0]),
    ]


def _covers(interval: tuple[float, float], true: float) -> float:
    return float(interval[0] <= true <= interval[1])
