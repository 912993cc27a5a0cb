"""The simulated sweep against what can be known, and the head measured on a small repository."""

from dataclasses import replace

import pytest

from benchmarks.scale.budget import most_epochs
from benchmarks.scale.measured import measure
from benchmarks.scale.simulated import Sweep, simulate
from tests.tiny import ROOT, real_values
from textune.params import check_params

SWEEP = Sweep(trials=1000, trial=180, lost_per_hour=1e-9, fetch=0.01, fetch_more=0)


def test_without_losses_work_is_divided() -> None:
    one, ten = simulate(SWEEP, 1), simulate(SWEEP, 10)
    # The mean of a lognormal is above its median.
    assert one.hours == pytest.approx(1000 * 180 / 3600 * 1.02, rel=0.02)
    assert ten.hours == pytest.approx(one.hours / 10, rel=0.02)
    assert (one.lost, ten.lost) == (0, 0)
    assert ten.worker_hours == pytest.approx(10 * ten.hours)


def test_a_slow_head_is_the_limit() -> None:
    slow = simulate(replace(SWEEP, fetch=10), 1000)
    assert slow.hours == pytest.approx(1000 * 10 / 3600, rel=0.05)
    assert slow.busy > 0.95
    rising = simulate(replace(SWEEP, fetch=0, fetch_more=0.02), 1000)
    assert rising.hours == pytest.approx(0.02 * 1000 * 999 / 2 / 3600, rel=0.05)


def test_lost_workers_cost_what_they_lose() -> None:
    lost = simulate(replace(SWEEP, lost_per_hour=2), 1)
    assert lost.lost == pytest.approx(2 * lost.hours, rel=0.2)
    assert lost.hours > simulate(SWEEP, 1).hours * 1.05


def test_a_search_takes_no_more_epochs_than_are_said() -> None:
    params = check_params(real_values(), "params.yaml")
    assert (params.tune.trials, params.tune.max_epochs) == (5, 15)
    # Five of one epoch, two of three, one of nine and one of fifteen.
    assert most_epochs(params.tune) == 5 + 2 * 3 + 9 + 15


@pytest.mark.slow
def test_the_head_is_measured() -> None:
    few, more = measure(ROOT, [1, 3])
    assert (few.experiments, more.experiments) == (1, 3)
    assert (few.new, more.new) == (1, 2)
    assert 0 < few.fetch_seconds < 5
