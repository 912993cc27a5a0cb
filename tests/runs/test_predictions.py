from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fake_runs import random_predictions
from textune.errors import UserError
from textune.runs import predictions
from textune.runs.predictions import Predictions


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


def test_write_refuses_lengths_that_differ(tmp_path: Path) -> None:
    made = random_predictions(1, skill=1.0)
    with pytest.raises(ValueError, match="239 row ids"):
        predictions.write(
            tmp_path / "x", Predictions(made.row_ids[1:], made.labels, made.probabilities)
        )


def test_groups_are_written_and_read_where_they_are(tmp_path: Path) -> None:
    path, made = tmp_path / "test.parquet", random_predictions(1, skill=1.0, examples=3)
    predictions.write(path, made)
    assert pq.read_schema(path).names == ["row_id", "label", "probabilities"]
    assert predictions.read(path).groups is None
    predictions.write(path, replace(made, groups=["ann", "bob", "ann"]))
    assert predictions.read(path).groups == ["ann", "bob", "ann"]
    with pytest.raises(ValueError, match="2 groups"):
        predictions.write(path, replace(made, groups=["ann", "bob"]))


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
        ({"group": ["ann", None]}, "groups, some perhaps missing"),
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
