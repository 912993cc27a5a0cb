"""Calibration before and after the temperature, and what abstaining costs."""

from pathlib import Path

import numpy as np
import pytest

from tests.fake_runs import load, write_models
from textune.metrics.calibration import rescaled
from textune.report.calibration import calibration_report, temperature_of
from textune.runs.store import RunSet


@pytest.fixture
def runs(tmp_path: Path) -> RunSet:
    write_models(tmp_path)
    return load(tmp_path, (0, 1))


def test_a_temperature_lowers_the_loss(runs: RunSet) -> None:
    rows = {row["method"]: row for row in calibration_report(runs)["calibration"]}
    assert list(rows) == runs.methods
    for name, row in rows.items():
        assert row["log_loss_calibrated"] < row["log_loss"] + 0.02
        found = [temperature_of(run) for run in runs[name]]
        assert row["temperature"] == pytest.approx(np.mean(found), abs=1e-5)


def test_fewer_texts_are_decided_more_rightly(runs: RunSet) -> None:
    rows = [row for row in calibration_report(runs)["abstaining"] if row["method"] == "full"]
    assert rows[0] == {**rows[0], "below": 0.0, "coverage": 1.0}
    coverages = [row["coverage"] for row in rows]
    assert coverages == sorted(coverages, reverse=True)
    assert rows[-1]["accuracy"] is None or rows[-1]["accuracy"] > rows[0]["accuracy"]
    # One of them counted by hand.
    decided, right = [], []
    for run in runs["full"]:
        validation = run.predictions["validation"]
        probabilities = rescaled(validation.probabilities, temperature_of(run))
        sure = probabilities.max(axis=1) >= 0.7
        decided += sure.tolist()
        right += (probabilities.argmax(axis=1) == validation.labels)[sure].tolist()
    (row,) = [row for row in rows if row["below"] == 0.7]
    assert row["coverage"] == pytest.approx(np.mean(decided), abs=1e-5)
    assert row["accuracy"] == pytest.approx(np.mean(right), abs=1e-5)
