"""The cheapest method that is good enough."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from textune.params import EvaluateParams
from textune.results.inference import Pair, Scored, holm
from textune.results.metrics import score
from textune.results.runs import Run, Runs


def choose(
    runs: Runs, scored: Scored, verdicts: Mapping[Pair, str], settings: EvaluateParams
) -> dict[str, Any]:
    """The cheapest of the methods `runs` that is not worse than the best by more than `margin`.

    The best is that of validation, so that test does not choose what it is then compared with.
    Every cheaper method is tested against it on test: non-inferiority, one-sided, at half of 1 -
    confidence, as the two-sided interval would, with Holm's correction over those tested. Costs
    are trained parameters, then operations of training.

    `method` is the choice. For each one tested, `<method>_minus_<best>` has the `difference`, its
    one-sided bound `low`, uncorrected, and `p_not_worse_holm`. Methods that cost more are not
    tested; `better_on_test` names what by `verdicts` is better than the best of validation.
    """
    best = max(runs, key=lambda method: _validation(runs[method], settings.metric))
    cheaper = [method for method in runs if _cost(runs[method]) < _cost(runs[best])]
    estimates = {method: scored.estimate((method, best)) for method in cheaper}
    pvalues = [estimate.pvalue_not_worse(settings.margin) for estimate in estimates.values()]
    corrected = dict(zip(cheaper, holm(pvalues), strict=True))
    passed = [method for method in cheaper if corrected[method] < (1 - settings.confidence) / 2]
    chosen = min(passed, key=lambda method: _cost(runs[method]), default=best)
    numbers: dict[str, Any] = {"method": chosen, "best_on_validation": best}
    for method, estimate in estimates.items():
        numbers[f"{method}_minus_{best}"] = {
            "difference": estimate.value,
            "low": estimate.interval(settings.confidence)[0],
            "p_not_worse_holm": corrected[method],
        }
    if better := _better(verdicts, best):
        numbers["better_on_test"] = ", ".join(better)
    return numbers


def _better(verdicts: Mapping[Pair, str], best: str) -> list[str]:
    return [
        other
        for (one, two), verdict in verdicts.items()
        for method, other, word in ((two, one, "better"), (one, two, "worse"))
        if method == best and verdict.endswith(word)
    ]


def _cost(of_method: Sequence[Run]) -> tuple[int, float]:
    record = of_method[0].record
    return record.trainable_parameters, record.training_flops


def _validation(of_method: Sequence[Run], metric: str) -> float:
    """Mean over seeds."""
    return fmean(
        score(found.labels, found.probabilities, run.record.label_names, found.weights)[metric]
        for run in of_method
        for found in [run.predictions["validation"]]
    )
