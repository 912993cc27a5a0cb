"""Single-label classification: what is predicted, by two decisions, and what an example scores."""

import numpy as np
import pytest

from textune.tasks.single_label import SingleLabel

TASK = SingleLabel()


def test_the_most_probable_class_is_predicted() -> None:
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.1, 0.9]], dtype=np.float32)
    labels = np.array([0, 1, 1])
    assert TASK.decision_weights("most_probable", labels, 2) is None
    predicted = TASK.decide(probabilities)
    assert predicted.tolist() == [0, 0, 1]
    assert TASK.example_scores(labels, predicted).tolist() == [1, 0, 1]


def test_balanced_decision_is_by_probability_over_share() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [3])
    weights = TASK.decision_weights("balanced", labels, 4)
    assert weights is not None
    assert weights.tolist() == pytest.approx([10 / 6, 10 / 3, 10, 10])
    probabilities = np.array([[0.6, 0.25, 0.05, 0.1], [0.6, 0.31, 0.04, 0.05]], dtype=np.float32)
    assert TASK.decide(probabilities, weights).tolist() == [0, 1]
    assert TASK.decide(probabilities).tolist() == [0, 0]


def test_balanced_decision_has_the_best_expected_macro_recall() -> None:
    """Labels drawn from known probabilities with a rare class: no other weights do better."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([0.3, 1.0, 2.0], 20_000)
    labels = (random.random((20_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)

    def macro_recall(weights: np.ndarray | None) -> float:
        predicted = TASK.decide(probabilities, weights)
        return float(np.mean([(predicted[labels == c] == c).mean() for c in range(3)]))

    weights = TASK.decision_weights("balanced", labels, 3)
    assert weights is not None
    assert macro_recall(weights) > macro_recall(None) + 0.05
    for others in (weights**0.5, weights**1.5, weights * [1.3, 1, 1], weights * [1, 1, 1.3]):
        assert macro_recall(weights) > macro_recall(others)


def test_outputs_become_probabilities() -> None:
    probabilities = TASK.activate(np.array([[0.0, np.log(3)], [1000.0, 0.0]], dtype=np.float32))
    assert probabilities.dtype == np.float64
    assert probabilities == pytest.approx(np.array([[0.25, 0.75], [1.0, 0.0]]))
