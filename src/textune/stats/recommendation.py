"""Which method to use: the cheapest that is good enough."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from textune.config.sections import EvaluateParams
from textune.metrics.catalog import CATALOG
from textune.runs.store import Run, RunSet
from textune.stats.results import PairNames, Recommendation, TestedMethod, Verdict
from textune.stats.seeds import ResampledScores, holm


def recommend(
    runs: RunSet,
    scores: ResampledScores,
    verdicts: Mapping[PairNames, Verdict],
    settings: EvaluateParams,
) -> Recommendation:
    """The cheapest method that is not worse than the best by the margin or more.

    scores and verdicts: by `settings.metric`, on test.

    The best is that of validation, so that test does not choose what it then tests. Every cheaper
    method is tested against it on test. This is a one-sided test for non-inferiority at half of
    1 - `confidence_level`, as its two-sided interval would give, with Holm's correction over the
    methods tested. Costs are trained parameters, then operations of training.
    """
    names = runs.methods
    best = _best_on_validation(runs, settings)
    cheaper = [name for name in names if _cost(runs[name]) < _cost(runs[best])]
    estimates = {name: scores.estimate((name, best)) for name in cheaper}
    margin = settings.noninferiority_margin
    pvalues = [estimate.pvalue_not_worse(margin) for estimate in estimates.values()]
    corrected = dict(zip(cheaper, holm(pvalues), strict=True))
    level = (1 - settings.confidence_level) / 2
    passed = [name for name in cheaper if corrected[name] < level]
    return Recommendation(
        method=min(passed, key=lambda name: _cost(runs[name]), default=best),
        best_on_validation=best,
        tested=[
            TestedMethod(
                name=name,
                difference=estimate.value,
                low=estimate.interval(settings.confidence_level)[0],
                p_not_worse_holm=corrected[name],
            )
            for name, estimate in estimates.items()
        ],
        better_on_test=_better_on_test(verdicts, best),
    )


def _best_on_validation(runs: RunSet, settings: EvaluateParams) -> str:
    """By the mean over seeds; the cheapest at a tie."""
    metric = CATALOG[settings.metric]
    sign = 1 if metric.higher_is_better else -1
    means = {
        name: fmean(run.scores("validation")[metric.name] for run in runs[name])
        for name in runs.methods
    }
    return min(means, key=lambda name: (-sign * means[name], _cost(runs[name])))


def _better_on_test(verdicts: Mapping[PairNames, Verdict], best: str) -> list[str]:
    """The methods that a verdict calls better than `best`."""
    names = []
    for (first, second), verdict in verdicts.items():
        if verdict is Verdict.BETTER and second == best:
            names.append(first)
        if verdict is Verdict.WORSE and first == best:
            names.append(second)
    return names


def _cost(of_method: Sequence[Run]) -> tuple[int, float]:
    cost = of_method[0].record.cost
    return cost.trainable_parameters, cost.training_flops
