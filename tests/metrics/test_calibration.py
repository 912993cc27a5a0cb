import numpy as np
import pytest

from textune.metrics.calibration import expected_calibration_error, reliability


def test_by_hand() -> None:
    """Four examples in the bin up to 0.8, one in that up to 1: 4/5 * |0.5 - 0.78| + 1/5 * 0.05."""
    confidence = np.array([0.78, 0.78, 0.78, 0.78, 0.95])
    probabilities = np.column_stack([confidence, 1 - confidence])
    labels = np.array([0, 0, 1, 1, 0])
    error = expected_calibration_error(labels, probabilities)
    assert error == pytest.approx(0.8 * 0.28 + 0.2 * 0.05)


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
    bins = reliability(np.zeros(4, np.int64), probabilities, bins=4)
    assert bins.examples.tolist() == [0, 1, 1, 2]
    assert bins.confidence == pytest.approx([0, 0.5, 0.75, 0.9])
