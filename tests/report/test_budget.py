"""The best score to be expected of so many trials."""

from itertools import product
from pathlib import Path
from statistics import fmean

import pytest

from textune.io import write_json
from textune.report.budget import budget_curves, expected_best, trials_of
from textune.runs.tuning import Trial, Tuning, adopted_path, write_tuning


def trial(accuracy: float, operations: float) -> Trial:
    return Trial(
        values={},
        epochs=1,
        kept_epoch=1,
        operations=operations,
        accuracy=accuracy,
        macro_recall=0.5,
        macro_f1=0.5,
        calibrated_loss=1.0,
    )


def test_it_is_the_mean_of_the_best_of_all_draws() -> None:
    scores = [0.7, 0.5, 0.65]
    expected = [fmean(map(max, product(scores, repeat=drawn))) for drawn in (1, 2, 3)]
    assert expected_best(scores) == pytest.approx(expected)


def test_operations_are_those_of_so_many_trials() -> None:
    points = budget_curves({"lora": [trial(0.5, 1.0), trial(0.7, 3.0)]})
    assert [(point.trials, point.operations) for point in points] == [(1, 2.0), (2, 4.0)]
    assert [point.accuracy for point in points] == pytest.approx([0.6, 0.65])


def test_this_runs_trials_come_before_adopted_ones(tmp_path: Path) -> None:
    def tuning(*trials: Trial) -> Tuning:
        return Tuning(recipe={}, tuned=[], data_sha256="", model="", trials=list(trials))

    write_json(
        adopted_path(tmp_path),
        {name: tuning(trial(0.5, 1.0)).model_dump(mode="json") for name in ("lora", "full")},
    )
    write_tuning("lora", tuning(trial(0.6, 1.0)), {}, tmp_path)
    write_tuning("full", tuning(), {}, tmp_path)
    found = trials_of(["lora", "full", "baseline"], tmp_path)
    assert {name: trials[0].accuracy for name, trials in found.items()} == {
        "lora": 0.6,
        "full": 0.5,
    }
