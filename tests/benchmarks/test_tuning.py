"""Tuning beside a dense grid, with a learner whose loss is known."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.tuning import EPOCHS, RATES, beside_a_grid, table
from tests.pipeline.formula import FakeLearner, data, everything, loss, replace_learners


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path))
    return replace_learners(monkeypatch, FakeLearner)


def test_the_grid_spans_the_range_and_costs_are_those_of_the_search(made: list[Any]) -> None:
    (row,) = beside_a_grid(everything(), ["lora"], data())
    grid = [rate for _, rate, epochs, _ in made if epochs == EPOCHS][-RATES:]
    assert (grid[0], grid[-1]) == (0.0002, 0.02)
    assert len(set(grid)) == RATES
    # 5 trials of 3 epochs, 2 of 9 and one of 15, in trainings of 9 epochs.
    assert row.cost == pytest.approx((5 * 3 + 2 * 9 + 15) / 9)
    assert row.found.calibrated_loss == pytest.approx(loss(row.found.values["learning_rate"], 9))
    shown = table([row])
    assert f"| lora | {row.found.values['learning_rate']:g}, 9 |" in shown
    assert "Mean cost: 5.3 final trainings." in shown


def test_a_measurement_that_was_ended_goes_on(made: list[Any]) -> None:
    rows = beside_a_grid(everything(), ["lora", "baseline"], data())
    next(rows)
    before = len(made)
    assert len(list(beside_a_grid(everything(), ["lora"], data()))) == 1
    assert len(made) == before
