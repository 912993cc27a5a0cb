"""The comparison of trained methods: scores with intervals, pairs with verdicts, a recommendation.

Two questions are kept apart; see `seeds`. Verdicts are about newly trained models from
`seeds.SEEDS_NEEDED` seeds on, and about the trained models with fewer.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.contingency_tables import mcnemar

from textune.config.sections import ComparedMetric, EvaluateParams
from textune.errors import UserError
from textune.metrics.catalog import COMPARED
from textune.runs.store import Run, RunSet
from textune.stats.differences import FixedModelsP, differences, percentile_interval
from textune.stats.recommendation import recommend
from textune.stats.resampling import Groups, bootstrap, permutation_pvalues, scores
from textune.stats.results import (
    Comparison,
    Interval,
    MethodResult,
    Pair,
    PairNames,
    Question,
    Score,
    declared_pairs,
)
from textune.stats.seeds import ResampledScores, fixed_models, over_seeds, question_of


def compare(runs: RunSet, settings: EvaluateParams) -> Comparison:
    """Every method's scores, every pair's differences, and which method to use.

    A pair is the later minus the earlier method in the declared order, whatever they cost.
    Raises `UserError` if two methods have one title.
    """
    _check_titles(runs)
    pairs = declared_pairs(runs.methods)
    by_metric = _resampled_scores(runs, settings)
    pvalues = {pair: _fixed_models_p(runs, pair, settings) for pair in pairs}
    compared = {
        metric: differences(
            by_metric[metric], {pair: pvalues[pair][metric] for pair in pairs}, settings
        )
        for metric in COMPARED
    }
    chosen_by = settings.metric
    verdicts = {pair: compared[chosen_by][pair].verdict for pair in pairs}
    return Comparison(
        confidence_level=settings.confidence_level,
        noninferiority_margin=settings.noninferiority_margin,
        metric=chosen_by,
        decision=runs.decision,
        question=question_of(len(runs.seeds)),
        seeds=len(runs.seeds),
        examples=len(runs.first.predictions["test"].labels),
        methods=[_method(runs, name, by_metric, settings) for name in runs],
        pairs=[
            Pair(
                first=pair[0],
                second=pair[1],
                differences={metric: compared[metric][pair] for metric in COMPARED},
            )
            for pair in pairs
        ],
        recommendation=recommend(runs, by_metric[chosen_by], verdicts, settings),
    )


def accuracy_interval(
    example_scores: NDArray[np.float64], settings: EvaluateParams
) -> tuple[float, Interval]:
    """Accuracy of one method on some examples, with the interval of the verdicts' question.

    example_scores: (seeds, n) 1 where a seed's model is right about an example, else 0.
    """
    # As two classes, wrong and right: accuracy needs no more.
    right = example_scores.astype(np.int64)
    groups = Groups.of(np.ones(right.shape[1], np.int64), right, 2)
    random = np.random.default_rng(settings.seed)
    values, resampled = scores(groups)[0], bootstrap(groups, settings.resamples, random)[0]
    if question_of(len(values)) is Question.OVER_SEEDS:
        return fmean(values), _over_seeds(values, resampled, settings)
    return fmean(values), percentile_interval(resampled, settings)


def _check_titles(runs: RunSet) -> None:
    """Tables, charts and CSV files tell methods apart by their titles alone."""
    by_title: dict[str, str] = {}
    for name in runs:
        earlier = by_title.setdefault(runs.title(name), name)
        if earlier != name:
            raise UserError(
                f"{earlier} and {name} are both titled {runs.title(name)!r}: give one of them"
                " another title in titles of params.yaml"
            )


def _groups(runs: Sequence[Run]) -> Groups:
    return Groups.of(
        runs[0].predictions["test"].labels,
        np.stack([run.predicted("test") for run in runs]),
        len(runs[0].record.label_names),
    )


def _resampled_scores(
    runs: RunSet, settings: EvaluateParams
) -> dict[ComparedMetric, ResampledScores]:
    """By metric; all methods are scored on the same resamples."""
    groups = _groups([run for of_method in runs.values() for run in of_method])
    values = scores(groups)
    resampled = bootstrap(groups, settings.resamples, np.random.default_rng(settings.seed))
    seeds = len(runs.seeds)
    # The models of a method stand side by side, one a seed.
    at = {name: slice(seeds * i, seeds * (i + 1)) for i, name in enumerate(runs)}
    return {
        metric: ResampledScores(
            {name: values[number, where] for name, where in at.items()},
            {name: resampled[number, where] for name, where in at.items()},
        )
        for number, metric in enumerate(COMPARED)
    }


def _method(
    runs: RunSet,
    name: str,
    by_metric: Mapping[ComparedMetric, ResampledScores],
    settings: EvaluateParams,
) -> MethodResult:
    return MethodResult(
        name=name,
        title=runs.title(name),
        method=runs[name][0].record.method,
        scores={
            metric: _score(of_metric.values[name], of_metric.resampled[name], settings)
            for metric, of_metric in by_metric.items()
        },
    )


def _score(
    values: NDArray[np.float64], resampled: NDArray[np.float64], settings: EvaluateParams
) -> Score:
    several = question_of(len(values)) is Question.OVER_SEEDS
    return Score(
        mean=fmean(values),
        test_sd=fixed_models(values, resampled).error,
        seed_sd=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        fixed_models=percentile_interval(resampled, settings),
        over_seeds=_over_seeds(values, resampled, settings) if several else None,
    )


def _over_seeds(
    values: NDArray[np.float64], resampled: NDArray[np.float64], settings: EvaluateParams
) -> Interval:
    low, high = over_seeds(values, resampled).interval(settings.confidence_level)
    # Student's t does not know that a score is a share.
    return Interval(low=max(0.0, low), high=min(1.0, high))


def _fixed_models_p(
    runs: RunSet, pair: PairNames, settings: EvaluateParams
) -> dict[ComparedMetric, FixedModelsP]:
    """By metric: McNemar's exact test for the accuracy of one pair of models, else permutation."""
    first, second = (runs[name] for name in pair)
    random = np.random.default_rng(settings.seed)
    permuted = permutation_pvalues(_groups([*first, *second]), settings.resamples, random)
    pvalues: dict[ComparedMetric, FixedModelsP] = {}
    for metric, (*by_seed, of_mean) in zip(COMPARED, permuted.tolist(), strict=True):
        if metric == "accuracy":
            by_seed = [_mcnemar(*models) for models in zip(first, second, strict=True)]
        pvalues[metric] = FixedModelsP(
            by_seed[0] if len(by_seed) == 1 else of_mean,
            dict(zip(runs.seeds, by_seed, strict=True)),
        )
    return pvalues


def _mcnemar(first: Run, second: Run) -> float:
    first_right, second_right = first.example_scores("test"), second.example_scores("test")
    only_first = int((first_right > second_right).sum())
    only_second = int((second_right > first_right).sum())
    return float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)
