"""What can be said of the methods, and how sure it is: metrics/comparison.json.

Two questions are kept apart. *models*: do these trained models differ on texts like these? Only the
examples are drawn again. *method*: would another training with other seeds come out the same way?
Seeds and examples are drawn again; that needs several seeds. Verdicts answer the second question
from `inference.SEEDS_FOR_METHOD` seeds on, else the first.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.contingency_tables import mcnemar

from textune.params import EvaluateParams
from textune.results.choice import choose
from textune.results.inference import (
    Pair,
    Scored,
    asks_for_method,
    holm,
    over_seeds,
    these_models,
)
from textune.results.metrics import DIGITS
from textune.results.names import UNTRAINED
from textune.results.resampling import METRICS, Groups, bootstrap, permutation_pvalues, scores
from textune.results.runs import Run, Runs

POWER = 0.8

Numbers = dict[str, Any]


def comparison(runs: Runs, settings: EvaluateParams) -> Numbers:
    """Every method's scores with intervals, every pair's difference with a verdict, and one method.

    `methods.<method>.<metric>` has the mean over seeds, an interval for each question, `seed_sd`
    (over seeds, same examples) and `test_sd` (over examples, same models). `pairs.<one>_minus_
    <other>.<metric>` has the difference and, for each question, interval, p, `p_holm` (Holm's
    correction over all pairs of the metric), and `smallest_detectable`, the true difference that
    would have been found with 80 % power at the level of the family's smallest p; `models.p_seed_
    <seed>` is of one seed's pair of models alone. Intervals are each by itself, uncorrected.
    `choice` is explained at `choose`. Scores and differences are shares: 0.01 is one point.
    """
    methods = [method for method in runs if method != UNTRAINED]
    pairs = [(later, earlier) for earlier, later in combinations(methods, 2)]
    scored = _scored(runs, settings)
    permuted = {pair: _pvalues(runs, pair, settings) for pair in pairs}
    seeds = len(next(iter(runs.values())))
    compared = {
        metric: compare(scored[metric], {pair: permuted[pair][metric] for pair in pairs}, settings)
        for metric in METRICS
    }
    return _rounded(
        {
            "confidence": settings.confidence,
            "margin": settings.margin,
            "metric": settings.metric,
            "decision": _decision(runs),
            "question": _question(seeds),
            "seeds": seeds,
            "examples": len(next(iter(runs.values()))[0].predictions["test"].labels),
            "methods": {
                method: {metric: _method(scored[metric], method, settings) for metric in METRICS}
                for method in runs
            },
            "pairs": {
                _name(pair): {metric: compared[metric][pair] for metric in METRICS}
                for pair in pairs
            },
            "choice": choose(
                {method: runs[method] for method in methods},
                scored[settings.metric],
                {pair: one["verdict"] for pair, one in compared[settings.metric].items()},
                settings,
            ),
        }
    )


def compare(
    scored: Scored, pvalues: Mapping[Pair, Numbers], settings: EvaluateParams
) -> dict[Pair, Numbers]:
    """Every pair of a family, by one metric; `pvalues` has what is known of the models' p."""
    found = {}
    for pair, known in pvalues.items():
        found[pair] = _pair(scored, pair, len(pvalues), settings)
        found[pair]["models"] |= known
    _correct(list(found.values()), settings)
    return found


def interval_of(groups: Groups, settings: EvaluateParams) -> dict[str, float]:
    """Accuracy of one method's seeds, the models of `groups`, with the interval of the verdicts."""
    random = np.random.default_rng(settings.seed)
    values, resampled = scores(groups)[0], bootstrap(groups, settings.resamples, random)[0]
    return {
        "accuracy": fmean(values),
        **_intervals(values, resampled, settings)[_question(len(values))],
    }


def _name(pair: Pair) -> str:
    return f"{pair[0]}_minus_{pair[1]}"


def _groups(runs: Sequence[Run]) -> Groups:
    test = [run.predictions["test"] for run in runs]
    return Groups.of(
        test[0].labels,
        np.stack([one.predicted for one in test]),
        len(runs[0].record.label_names),
    )


def _scored(runs: Runs, settings: EvaluateParams) -> dict[str, Scored]:
    """By metric."""
    groups = _groups([run for of_method in runs.values() for run in of_method])
    values = scores(groups)
    resampled = bootstrap(groups, settings.resamples, np.random.default_rng(settings.seed))
    ends = np.cumsum([len(of_method) for of_method in runs.values()])
    at = {
        method: slice(end - len(runs[method]), end) for method, end in zip(runs, ends, strict=True)
    }
    return {
        metric: Scored(
            {method: values[number, where] for method, where in at.items()},
            {method: resampled[number, where] for method, where in at.items()},
        )
        for number, metric in enumerate(METRICS)
    }


def _method(scored: Scored, method: str, settings: EvaluateParams) -> Numbers:
    values, resampled = scored.values[method], scored.resampled[method]
    numbers: Numbers = {
        "mean": fmean(values),
        "test_sd": these_models(values, resampled).error,
        **_intervals(values, resampled, settings),
    }
    if len(values) > 1:
        numbers["seed_sd"] = float(np.std(values, ddof=1))
    return numbers


def _intervals(
    values: NDArray[np.float64], resampled: NDArray[np.float64], settings: EvaluateParams
) -> Numbers:
    """A score's interval for each question that has an answer."""
    numbers: Numbers = {"models": _percentiles(resampled, settings)}
    if asks_for_method(len(values)):
        low, high = over_seeds(values, resampled).interval(settings.confidence)
        # A score is a share, of which Student's t knows nothing.
        numbers["method"] = {"low": max(0.0, low), "high": min(1.0, high)}
    return numbers


def _pair(scored: Scored, pair: Pair, family: int, settings: EvaluateParams) -> Numbers:
    """All but the p-values of the models and Holm's correction."""
    values, resampled = scored.difference(pair)
    level = (1 - settings.confidence) / family
    models = these_models(values, resampled)
    numbers: Numbers = {"difference": models.value, "models": _percentiles(resampled, settings)}
    estimates = {"models": models}
    if asks_for_method(len(values)):
        estimates["method"] = method = over_seeds(values, resampled)
        low, high = method.interval(settings.confidence)
        numbers["method"] = {"low": low, "high": high, "p": method.pvalue()}
    for question, estimate in estimates.items():
        if estimate.error > 0:  # nothing can be told of models that are right on the same examples
            smallest = estimate.smallest_detectable(level, POWER)
            numbers[question]["smallest_detectable"] = smallest
    return numbers


def _percentiles(resampled: NDArray[np.float64], settings: EvaluateParams) -> Numbers:
    """The percentile interval (Efron & Tibshirani 1993, chapter 13) of the mean over seeds."""
    tail = (1 - settings.confidence) / 2
    low, high = np.quantile(resampled.mean(axis=0), [tail, 1 - tail])
    return {"low": float(low), "high": float(high)}


def _pvalues(runs: Runs, pair: Pair, settings: EvaluateParams) -> dict[str, Numbers]:
    """By metric: `p` of the seeds' mean and `p_seed_<seed>` of each pair of models.

    McNemar's exact test for the accuracy of a pair of models, the permutation test for the rest.
    """
    one, other = (runs[method] for method in pair)
    random = np.random.default_rng(settings.seed)
    permuted = permutation_pvalues(_groups([*one, *other]), settings.resamples, random)
    found: dict[str, Numbers] = {}
    for metric, (*each, mean) in zip(METRICS, permuted.tolist(), strict=True):
        if metric == "accuracy":
            each = [_mcnemar(first, second) for first, second in zip(one, other, strict=True)]
        found[metric] = {
            "p": each[0] if len(each) == 1 else mean,
            **{f"p_seed_{run.folder.name}": p for run, p in zip(one, each, strict=True)},
        }
    return found


def _mcnemar(one: Run, other: Run) -> float:
    first, second = (run.predictions["test"].hits for run in (one, other))
    only_first, only_second = int((first > second).sum()), int((second > first).sum())
    return float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)


def _correct(pairs: list[Numbers], settings: EvaluateParams) -> None:
    """Add Holm's correction for each question, and the verdict, for the method if it is there."""
    for which in ("models", "method"):
        answers = [numbers[which] for numbers in pairs if which in numbers]
        for answer, p in zip(answers, holm([one["p"] for one in answers]), strict=True):
            answer["p_holm"] = p
    for numbers in pairs:
        asked: Numbers = numbers["method" if "method" in numbers else "models"]
        sure = asked["p_holm"] < 1 - settings.confidence
        side = "better" if numbers["difference"] > 0 else "worse"
        verdict = side if sure else "not distinguishable"
        numbers["verdict"] = verdict if "method" in numbers else f"these models: {verdict}"


def _decision(runs: Runs) -> str:
    first = next(iter(runs.values()))[0]
    return "most_probable" if first.predictions["test"].weights is None else "balanced"


def _question(seeds: int) -> str:
    return "method" if asks_for_method(seeds) else "models"


def _rounded(numbers: Numbers) -> Numbers:
    """Shares to `DIGITS` decimals, p-values to four significant digits."""
    rounded = dict(numbers)
    for name, value in numbers.items():
        if isinstance(value, dict):
            rounded[name] = _rounded(value)
        elif isinstance(value, float):
            is_p = name == "p" or name.startswith("p_")
            rounded[name] = float(f"{value:.4g}") if is_p else round(value, DIGITS)
    return rounded
