from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.results.fake_runs import random_predictions
from textune.errors import UserError
from textune.results import predictions
from textune.results.predictions import Predictions, balanced_weights, decide


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = random_predictions(1, skill=1.0)
    path = tmp_path / "new/folder/test.parquet"
    predictions.write(path, written)
    read = predictions.read(path)
    assert read.row_ids == written.row_ids
    np.testing.assert_array_equal(read.labels, written.labels)
    np.testing.assert_array_equal(read.probabilities, written.probabilities)
    assert read.labels.dtype == np.int64
    assert read.probabilities.dtype == np.float32


def test_hits_are_the_rows_whose_largest_probability_is_the_label() -> None:
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.1, 0.9]], dtype=np.float32)
    found = Predictions(["a", "b", "c"], np.array([0, 1, 1]), probabilities)
    assert found.predicted.tolist() == [0, 0, 1]
    assert found.hits.tolist() == [1, 0, 1]


def test_balanced_decision_is_by_probability_over_share() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [3])
    weights = balanced_weights(labels, 4)
    assert weights.tolist() == pytest.approx([10 / 6, 10 / 3, 10, 10])
    probabilities = np.array([[0.6, 0.25, 0.05, 0.1], [0.6, 0.31, 0.04, 0.05]], dtype=np.float32)
    found = Predictions(["a", "b"], np.array([0, 1]), probabilities, weights)
    assert found.predicted.tolist() == [0, 1]
    assert Predictions(["a", "b"], np.array([0, 1]), probabilities).predicted.tolist() == [0, 0]


def test_balanced_decision_has_the_best_expected_macro_recall() -> None:
    """Labels drawn from known probabilities with a rare class: no other weights do better."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet([0.3, 1.0, 2.0], 20_000)
    labels = (random.random((20_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)

    def macro_recall(weights: np.ndarray | None) -> float:
        predicted = decide(probabilities, weights)
        return float(np.mean([(predicted[labels == one] == one).mean() for one in range(3)]))

    weights = balanced_weights(labels, 3)
    assert macro_recall(weights) > macro_recall(None) + 0.05
    for other in (weights**0.5, weights**1.5, weights * [1.3, 1, 1], weights * [1, 1, 1.3]):
        assert macro_recall(weights) > macro_recall(other)


def test_write_refuses_lengths_that_differ(tmp_path: Path) -> None:
    found = random_predictions(1, skill=1.0)
    with pytest.raises(ValueError, match="239 row ids"):
        predictions.write(
            tmp_path / "x", Predictions(found.row_ids[1:], found.labels, found.probabilities)
        )


def test_missing_file_names_file_and_cure(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"test\.parquet is missing: run `dvc repro`"):
        predictions.read(tmp_path / "test.parquet")


def test_file_that_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "test.parquet"
    path.write_text("version https://git-lfs\n" * 10)
    _assert_one_line_error(path, "cannot be read")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"probabilities": None}, "has no column probabilities"),
        ({"probabilities": [[0.5, 0.5], [1.0]]}, "a probability of each class"),
        ({"probabilities": [[0.5, 0.5], None]}, "a probability of each class"),
        ({"probabilities": ["a", "b"]}, "cannot be read"),
        ({"label": [0, 2]}, "labels outside 0 to 1"),
        ({"label": [0, -1]}, "labels outside 0 to 1"),
        ({"row_id": [], "label": [], "probabilities": []}, ""),
    ],
)
def test_damaged_file_names_problem_and_cure(
    tmp_path: Path, change: dict[str, list[object] | None], problem: str
) -> None:
    columns = {"row_id": ["a", "b"], "label": [0, 1], "probabilities": [[0.5, 0.5], [0.1, 0.9]]}
    kept = {name: values for name, values in {**columns, **change}.items() if values is not None}
    path = tmp_path / "test.parquet"
    pq.write_table(pa.table(kept), path)
    _assert_one_line_error(path, problem)


def _assert_one_line_error(path: Path, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        predictions.read(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert problem in text
    assert "dvc repro" in text
    assert "\n" not in text
