import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.results.fake_runs import LABELS, ROWS, make_a_class_rare, settings, write_texts
from textune.errors import UserError
from textune.results.runs import load_runs
from textune.results.texts import ERRORS, read_texts, slices, write_errors


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    return write_texts(tmp_path / "test.parquet")


def test_slices_hold_the_examples_they_name(models: Path, texts: list[str]) -> None:
    runs = load_runs(models, [0, 1])
    found = slices(runs, texts, settings())
    assert found["with_mention"]["examples"] == sum("@" in text for text in texts)
    assert found["with_link"]["examples"] == sum("http" in text for text in texts)
    assert found["with_emoji"]["examples"] == sum("😀" in text for text in texts)
    lengths = [found[f"length_{name}"]["examples"] for name in ("short", "middle", "long")]
    assert sum(lengths) == ROWS
    labels = runs["lora"][0].predictions["test"].labels
    assert found["class_neutral"]["examples"] == (labels == 1).sum()
    rows = labels == 1
    expected = np.mean([run.predictions["test"].hits[rows].mean() for run in runs["lora"]])
    numbers = found["class_neutral"]["lora"]
    assert numbers["accuracy"] == pytest.approx(expected, abs=1e-6)
    assert numbers["low"] < numbers["accuracy"] < numbers["high"]


def test_a_slice_with_next_to_nothing_is_left_out(models: Path, texts: list[str]) -> None:
    plain = [*["words only"] * (ROWS - 29), *["one 😀"] * 29]
    assert "with_emoji" not in slices(load_runs(models, [0]), plain, settings())


def test_errors_are_those_of_the_decision(models: Path, texts: list[str], tmp_path: Path) -> None:
    make_a_class_rare(models, 12)
    runs = load_runs(models, [0], "balanced")
    write_errors(runs, texts, tmp_path / "errors")
    with (tmp_path / "errors/lora.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    test = runs["lora"][0].predictions["test"]
    for row in rows:
        at = test.row_ids.index(row["row_id"])
        assert row["predicted"] == LABELS[test.predicted[at]]
        confidence = float(test.probabilities[at, test.predicted[at]])
        assert float(row["confidence"]) == pytest.approx(confidence, abs=1e-4)
    assert any(test.predicted != test.probabilities.argmax(axis=1))


def test_the_surest_errors_come_first(models: Path, texts: list[str], tmp_path: Path) -> None:
    runs = load_runs(models, [0, 1])
    write_errors(runs, texts, tmp_path / "errors")
    with (tmp_path / "errors/lora.csv").open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    mean = np.mean([run.predictions["test"].probabilities for run in runs["lora"]], axis=0)
    labels = runs["lora"][0].predictions["test"].labels
    wrong = mean.argmax(axis=1) != labels
    assert len(rows) == min(ERRORS, wrong.sum())
    assert float(rows[0]["confidence"]) == pytest.approx(mean[wrong].max(), abs=1e-4)
    confidences = [float(row["confidence"]) for row in rows]
    assert confidences == sorted(confidences, reverse=True)
    for row in rows:
        assert row["actual"] != row["predicted"]
        assert row["actual"] == LABELS[labels[int(row["row_id"].removeprefix("row-"))]]
        # Nothing that a spreadsheet would run.
        assert row["text"][0] not in "=+-@"
        assert row["text"].removeprefix("'") in texts


def test_texts_of_another_split_are_refused(texts: list[str], tmp_path: Path) -> None:
    path = tmp_path / "test.parquet"
    ids = [f"row-{number}" for number in range(ROWS)]
    assert read_texts(path, ids) == texts
    with pytest.raises(UserError, match="other rows than the predictions: run `dvc repro`"):
        read_texts(path, ids[::-1])
    path.write_bytes(b"PAR1")
    with pytest.raises(UserError, match="missing or damaged"):
        read_texts(path, ids)
