"""Another model in the place of a run's own: the difference, its interval and the verdict."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from textune.report.replacement import cost_of
from textune.runs.store import Run, RunSet
from textune.stats.replacement import replacement
from textune.stats.results import Comparison


def with_errors(run: Run, more: int) -> NDArray[np.int64]:
    """The run's own classes, but for `more` of those that were right."""
    own, labels = run.predicted("test").copy(), run.predictions["test"].labels
    right = np.flatnonzero(own == labels)[:more]
    own[right] = (own[right] + 1) % 3
    return own


def judged(comparison: Comparison, **changes: Any) -> Comparison:
    return comparison.model_copy(update=changes)


def test_the_same_classes_cost_nothing(three_seeds: RunSet, comparison: Comparison) -> None:
    run = three_seeds["lora"][0]
    cost = replacement(run, run.predicted("test"), comparison)
    assert (cost.difference, cost.changed, cost.within_margin) == (0.0, 0.0, True)
    assert (cost.interval.low, cost.interval.high) == (0.0, 0.0)


def test_the_interval_is_that_of_paired_differences(
    three_seeds: RunSet, comparison: Comparison
) -> None:
    run = three_seeds["lora"][0]
    labels = run.predictions["test"].labels
    other = with_errors(run, 12)
    cost = replacement(run, other, comparison)
    differences = (other == labels).astype(float) - (run.predicted("test") == labels)
    assert cost.difference == pytest.approx(differences.mean())
    assert cost.changed == pytest.approx(12 / len(labels))
    # By the normal approximation, for a two-sided 90 % interval.
    error = differences.std() / np.sqrt(len(labels))
    assert cost.interval.low == pytest.approx(differences.mean() - 1.645 * error, abs=0.005)
    assert cost.interval.high == pytest.approx(differences.mean() + 1.645 * error, abs=0.005)


@pytest.mark.parametrize(
    ("errors", "margin", "surely"), [(3, 0.05, True), (12, 0.05, False), (12, 0.09, True)]
)
def test_the_verdict_is_by_the_one_sided_bound(
    three_seeds: RunSet, comparison: Comparison, errors: int, margin: float, surely: bool
) -> None:
    run = three_seeds["lora"][0]
    asked = judged(comparison, noninferiority_margin=margin)
    cost = replacement(run, with_errors(run, errors), asked)
    assert cost.within_margin is surely
    said = cost_of(cost, "In 8 bits", asked)
    points = f"{100 * margin:g} points"
    verdict = f"surely loses less than {points}" if surely else f"may lose more than {points}"
    assert verdict in said
    assert f"{100 * cost.difference:+.2f} points, 90 % interval" in said


def test_it_is_by_the_metric_of_the_comparison(three_seeds: RunSet, comparison: Comparison) -> None:
    run = three_seeds["lora"][0]
    cost = replacement(run, with_errors(run, 12), judged(comparison, metric="macro_recall"))
    assert cost.own == pytest.approx(run.scores("test")["macro_recall"])
    by_class = replacement(run, with_errors(run, 12), judged(comparison, metric="f1_of:neutral"))
    assert by_class.own != cost.own
    assert "F1 of neutral on test" in cost_of(by_class, "In 8 bits", comparison)
