"""The statistics against a known truth: intervals cover, and tests reject as rarely as they say.

A few settings with few trials. `python -m benchmarks simulate` has many; docs/statistics.md shows
its tables.
"""

import pytest

from benchmarks.simulation.predictions import Setting
from tests.stats.simulation import Simulated, simulate
from textune.config.sections import ComparedMetric

THREE_CLASSES = (500, 300, 200)
TWO_CLASSES = (500, 500)
MANY = (6_142, 6_142)


def check(simulated: Simulated) -> None:
    """Coverage of about 95 %, over seeds up to 99.5, and the promised rates of errors."""
    trials = simulated.trials
    slack = error(0.95, trials)
    assert 0.93 - slack < simulated.covers_fixed_models < 0.97 + slack, simulated
    assert 0.94 - slack < simulated.covers_over_seeds, simulated
    if simulated.rejects_fixed_models is not None:
        assert simulated.rejects_fixed_models < 0.05 + slack, simulated
    if len(set(simulated.setting.accuracies)) == 1:
        assert simulated.rejects_over_seeds < 0.05 + slack, simulated
    assert simulated.settles_wrongly < 0.05 + slack, simulated


def error(share: float, trials: int) -> float:
    """Three standard errors of a share of the trials."""
    return float(3 * (share * (1 - share) / trials) ** 0.5)


@pytest.mark.parametrize(
    ("setting", "metric"),
    [
        (Setting((0.7,) * 3, 0.0, 3, TWO_CLASSES), "accuracy"),
        (Setting((0.7,) * 3, 0.005, 3, TWO_CLASSES), "accuracy"),
        (Setting((0.7,) * 3, 0.002, 5, TWO_CLASSES), "accuracy"),
        (Setting((0.7,) * 3, 0.002, 3, THREE_CLASSES), "macro_recall"),
        (Setting((0.7,) * 3, 0.0, 3, THREE_CLASSES), "macro_f1"),
        # Models of a method differ more than methods: each question's interval covers its truth.
        (Setting((0.7,) * 3, 0.03, 3, TWO_CLASSES), "accuracy"),
    ],
    ids=str,
)
def test_equal_methods(setting: Setting, metric: ComparedMetric) -> None:
    check(simulate(setting, 60, metric))


def test_two_points_are_found() -> None:
    simulated = simulate(Setting((0.72, 0.7, 0.7), 0.0, 3, MANY), trials=25)
    assert simulated.detects > 0.9
    check(simulated)


@pytest.mark.parametrize("sizes", [TWO_CLASSES, MANY], ids=str)
def test_a_method_worse_by_the_margin_is_seldom_settled_on(sizes: tuple[int, ...]) -> None:
    check(simulate(Setting((0.69, 0.7), 0.002, 3, sizes), trials=80))
