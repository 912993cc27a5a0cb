"""The comparison of trained methods: scores with intervals, pairs with verdicts, a recommendation.

Two questions are kept apart; see `seeds`. Verdicts are about newly trained models from
`seeds.SEEDS_NEEDED` seeds on, and about the trained models with fewer.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.contingency_tables import mcnemar

from textune.config.sections import EvaluateParams
from textune.errors import UserError
from textune.metrics.of_classes import named_classes
from textune.runs.store import Run, RunSet
from textune.stats.costs import costs
from textune.stats.differences import FixedModelsP, differences
from textune.stats.intervals import score_with_intervals
from textune.stats.looks import levels_to_come, share_of_level
from textune.stats.planning import MOST_SEEDS, with_plan
from textune.stats.progress import shown
from textune.stats.recommendation import recommend
from textune.stats.resampling import Patterns, bootstrap, permutation_pvalues, scores
from textune.stats.results import (
    Comparison,
    Interval,
    MethodResult,
    Pair,
    PairNames,
    declared_pairs,
)
from textune.stats.scoring import compared_metrics, patterns_of, resampled_scores, scores_of
from textune.stats.seeds import Means, question_of

# If a method gets this many more examples of one class wrong, its mean recall should be worse by
# less than the margin. Where fewer make the margin, test may well have none of them, and the tests
# do not hold: the rule of three (docs/statistics.md has the simulations).
_ENOUGH_ERRORS = 3
# Drawing takes most of the time and waits for no other thread; each holds about 100 MB.
_THREADS = 8


def compare(runs: RunSet, settings: EvaluateParams) -> Comparison:
    """Every method's scores, every pair's differences, and which method to use.

    A pair is the later minus the earlier method in the declared order, whatever they cost.
    Raises `UserError` if two methods have one title.
    """
    _check_titles(runs)
    pairs = declared_pairs(runs.methods)
    share = share_of_level(len(runs.seeds), settings)
    by_metric = resampled_scores(runs, settings)
    pvalues = _all_fixed_models_p(runs, pairs, settings)
    compared = {
        metric: differences(
            by_metric[metric], {pair: pvalues[pair][metric] for pair in pairs}, settings, share
        )
        for metric in by_metric
    }
    question = question_of(len(runs.seeds))
    means = by_metric[settings.metric].means(runs.methods, question)
    margin = settings.noninferiority_margin
    examples = len(runs.first.predictions["test"].labels)
    named = named_classes(settings.metric)
    enough = enough_of_a_class(len(named or runs.label_names), margin)
    small_classes = _small_classes(runs, enough)
    if named:
        small_classes = [name for name in small_classes if name in named]
    advice = recommend(means, costs(runs, settings.cost), margin, settings.level * share)
    if small_classes and settings.metric != "accuracy" and len(runs.methods) > 1:
        advice = advice.model_copy(update={"settled": False, "withheld": True})
    else:
        levels = levels_to_come(len(runs.seeds), settings, MOST_SEEDS)
        advice = with_plan(advice, runs.methods, means, examples, margin, levels)
    return Comparison(
        confidence_level=settings.confidence_level,
        noninferiority_margin=margin,
        planned_seeds=settings.planned_seeds,
        cost=settings.cost,
        metric=settings.metric,
        decision=runs.decision,
        question=question,
        seeds=len(runs.seeds),
        examples=examples,
        enough_of_a_class=enough,
        small_classes=small_classes,
        doubts=_doubts(runs) or None,
        methods=[
            MethodResult(
                name=name,
                title=runs.title(name),
                method=runs[name][0].record.method,
                scores=scores_of(name, by_metric, settings),
            )
            for name in runs
        ],
        pairs=[
            Pair(
                first=pair[0],
                second=pair[1],
                differences={metric: compared[metric][pair] for metric in compared},
            )
            for pair in pairs
        ],
        recommendation=advice,
    )


def mean_scores(runs: RunSet, settings: EvaluateParams) -> Means:
    """The methods' means by `settings.metric`, as the recommendation sees them."""
    by_metric = resampled_scores(runs, settings)
    return by_metric[settings.metric].means(runs.methods, question_of(len(runs.seeds)))


def accuracy_interval(
    example_scores: NDArray[np.float64],
    settings: EvaluateParams,
    clusters: NDArray[np.object_] | None = None,
) -> tuple[float, Interval]:
    """Accuracy of one method on some examples, with the interval of the verdicts' question.

    example_scores: (seeds, n) 1 where a seed's model is right about an example, else 0;
    clusters: (n,) the groups of the examples, if they have any.
    """
    # As two classes, wrong and right: accuracy needs no more.
    right = example_scores.astype(np.int64)
    patterns = Patterns.of(np.ones(right.shape[1], np.int64), right, 2, clusters)
    random = np.random.default_rng(settings.seed)
    values, resampled = scores(patterns)[0], bootstrap(patterns, settings.resamples, random)[0]
    score = score_with_intervals(values, resampled, settings)
    return score.mean, score.answer(question_of(len(values)))


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


def enough_of_a_class(classes: int, margin: float) -> int:
    """Test examples that each class should have for verdicts by a mean over so many classes."""
    return ceil(_ENOUGH_ERRORS / (classes * margin) - 1e-9)


def _doubts(runs: RunSet) -> list[str]:
    return [
        f"{runs.title(name)}, seed {run.record.seed}: {doubt}"
        for name in runs.methods
        for run in runs[name]
        for doubt in run.record.doubts
    ]


def _small_classes(runs: RunSet, enough: int) -> list[str]:
    """The classes that have too few examples in test."""
    labels = runs.first.predictions["test"].labels
    counts = np.bincount(labels, minlength=len(runs.label_names))
    return [name for name, count in zip(runs.label_names, counts, strict=True) if count < enough]


def _all_fixed_models_p(
    runs: RunSet, pairs: Sequence[PairNames], settings: EvaluateParams
) -> dict[PairNames, dict[str, FixedModelsP]]:
    """Of every pair. Each draws for itself, so threads change no result."""
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as threads:
        found = threads.map(lambda pair: _fixed_models_p(runs, pair, settings), pairs)
        return dict(zip(pairs, shown(found, len(pairs), "testing pairs of methods"), strict=True))


def _fixed_models_p(
    runs: RunSet, pair: PairNames, settings: EvaluateParams
) -> dict[str, FixedModelsP]:
    """By metric: McNemar's exact test for the accuracy of one pair of models, else permutation."""
    first, second = (runs[name] for name in pair)
    random = np.random.default_rng(settings.seed)
    permuted = permutation_pvalues(
        patterns_of([*first, *second], settings), settings.resamples, random
    )
    pvalues: dict[str, FixedModelsP] = {}
    for metric, (*by_seed, of_mean) in zip(
        compared_metrics(settings.metric), permuted.tolist(), strict=True
    ):
        # McNemar's test takes every example for a draw of its own.
        if metric == "accuracy" and first[0].predictions["test"].groups is None:
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
