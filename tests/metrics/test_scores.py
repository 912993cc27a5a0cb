import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from tests.fake_runs import LABELS, random_predictions
from textune.errors import UserError
from textune.metrics.calibration import expected_calibration_error
from textune.metrics.scores import label_keys, score


def test_scores_are_those_of_scikit_learn() -> None:
    made = random_predictions(3, skill=1.0)
    labels, predicted = made.labels, made.probabilities.argmax(axis=1)
    scores = score(labels, predicted, made.probabilities, LABELS)
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "macro_recall": sk.balanced_accuracy_score(labels, predicted),
        "macro_f1": sk.f1_score(labels, predicted, average="macro"),
        "weighted_f1": sk.f1_score(labels, predicted, average="weighted"),
        "log_loss": sk.log_loss(labels, made.probabilities),
        "calibration_error": expected_calibration_error(labels, made.probabilities),
    }
    for number, key in enumerate(["very_negative", "neutral", "class_2"]):
        expected[f"recall_{key}"] = (predicted[labels == number] == number).mean()
        expected[f"precision_{key}"] = (labels[predicted == number] == number).mean()
    assert scores == pytest.approx(expected, abs=1e-6)
    assert all(type(value) is float for value in scores.values())


def test_what_is_predicted_need_not_be_the_most_probable() -> None:
    """A decision changes the scores of classes, and no score of probabilities."""
    made = random_predictions(3, skill=1.0)
    most_probable = made.probabilities.argmax(axis=1)
    of_most_probable = score(made.labels, most_probable, made.probabilities, LABELS)
    of_labels = score(made.labels, made.labels, made.probabilities, LABELS)
    assert of_most_probable["accuracy"] < of_labels["accuracy"] == 1
    for name in ("log_loss", "calibration_error"):
        assert of_most_probable[name] == of_labels[name]


def test_scores_by_hand_with_a_class_that_is_never_predicted() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 0, 0])
    probabilities = np.full((6, 3), 0.25)
    probabilities[range(6), predicted] = 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score(labels, predicted, probabilities, ["a", "b", "c"])
    assert scores == {
        "accuracy": 0.5,
        "macro_recall": round((2 / 3 + 1 / 2 + 0) / 3, 6),
        "macro_f1": round((4 / 7 + 1 / 2 + 0) / 3, 6),
        "weighted_f1": round((3 * 4 / 7 + 2 * 1 / 2 + 0) / 6, 6),
        "log_loss": round(-np.log([0.5, 0.5, 0.25, 0.5, 0.25, 0.25]).mean(), 6),
        "recall_a": round(2 / 3, 6),
        "recall_b": 0.5,
        "recall_c": 0.0,
        "precision_a": 0.5,
        "precision_b": 0.5,
        "precision_c": 0.0,
        "calibration_error": 0.0,
    }


def test_class_without_examples_has_recall_zero() -> None:
    scores = score(
        np.zeros(2, int), np.zeros(2, int), np.array([[0.9, 0.1], [0.9, 0.1]]), ["a", "b"]
    )
    assert (scores["recall_b"], scores["macro_recall"], scores["accuracy"]) == (0.0, 0.5, 1.0)


def test_log_loss_stays_finite_where_float32_rounds_to_zero() -> None:
    probabilities = np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score(np.array([0, 1]), np.array([0, 0]), probabilities, ["a", "b"])
    assert scores["log_loss"] == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2, abs=1e-3)


def test_diverged_model_is_named_as_such() -> None:
    with pytest.raises(UserError, match="training diverged"):
        score(np.zeros(1, int), np.zeros(1, int), np.array([[np.nan, np.nan]]), ["a", "b"])


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        score(np.array([0, 1]), np.array([0, 1]), np.array([[0.5, 0.5]]), ["a", "b"])


def test_scoring_leaves_the_random_state_alone() -> None:
    made = random_predictions(3, skill=1.0)
    np.random.seed(5)
    score(made.labels, made.labels, made.probabilities, LABELS)
    after = np.random.rand()
    np.random.seed(5)
    assert after == np.random.rand()


def test_label_keys_are_safe_and_each_stands_once() -> None:
    names = ["negative", "very good!", "🙂", "a.b", "a b", "größe", ""]
    assert label_keys(names) == [
        *("negative", "very_good", "class_2", "a_b_3", "a_b_4", "größe", "class_6")
    ]
    assert label_keys(["a b", "a.b", "a_b_0"]) == ["a_b_0", "a_b_1", "a_b_0_2"]
