from pathlib import Path

import numpy as np
import pytest

from tests.results.fake_runs import random_predictions
from textune.results.calibration import expected_calibration_error, reliability
from textune.results.reliability import reliabilities
from textune.results.runs import load_runs


def test_by_hand() -> None:
    """Four examples in the bin up to 0.8, one in that up to 1: 4/5 * |0.5 - 0.78| + 1/5 * 0.05."""
    confidence = np.array([0.78, 0.78, 0.78, 0.78, 0.95])
    probabilities = np.column_stack([confidence, 1 - confidence])
    labels = np.array([0, 0, 1, 1, 0])
    found = expected_calibration_error(labels, probabilities)
    assert found == pytest.approx(0.8 * 0.28 + 0.2 * 0.05)


def test_a_model_that_tells_the_truth_has_next_to_no_error() -> None:
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([1, 1, 1], 200_000)
    labels = (random.random((200_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    assert expected_calibration_error(labels, probabilities) < 0.005
    overconfident = np.eye(3)[probabilities.argmax(axis=1)]
    wrong = (probabilities.argmax(axis=1) != labels).mean()
    assert expected_calibration_error(labels, overconfident) == pytest.approx(wrong)


def test_edges_belong_to_the_bin_below_and_every_example_counts() -> None:
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5], [0.75, 0.25], [0.8, 0.2]])
    found = reliability(np.zeros(4, np.int64), probabilities, bins=4)
    assert found.examples.tolist() == [0, 1, 1, 2]
    assert found.confidence == pytest.approx([0, 0.5, 0.75, 0.9])


def test_rows_of_the_diagram(models: Path) -> None:
    rows = [row for row in reliabilities(load_runs(models, [0, 1])) if row[0] == "LoRA"]
    assert sum(row[3] for row in rows) == pytest.approx(1, abs=1e-3)
    both = [random_predictions(74_883 + seed, 1.5) for seed in (0, 1)]
    right = np.mean([one.hits.mean() for one in both])
    assert sum(row[2] * row[3] for row in rows) == pytest.approx(right, abs=1e-3)
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
