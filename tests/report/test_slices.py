import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fake_runs import (
    EXAMPLES,
    LABELS,
    load,
    make_a_class_rare,
    settings,
    write_run,
    write_texts,
)
from textune.errors import UserError
from textune.report.slices import ERRORS, read_texts, slices, write_errors
from textune.runs.store import RunSet
from textune.stats.comparison import compare


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    return write_texts(tmp_path / "test.parquet")


def test_slices_hold_the_examples_they_name(runs: RunSet, texts: list[str]) -> None:
    by_slice = slices(runs, texts, settings())
    assert by_slice["with_mention"]["examples"] == sum("@" in text for text in texts)
    assert by_slice["with_link"]["examples"] == sum("http" in text for text in texts)
    assert by_slice["with_emoji"]["examples"] == sum("😀" in text for text in texts)
    lengths = [by_slice[f"length_{name}"]["examples"] for name in ("short", "middle", "long")]
    assert sum(lengths) == EXAMPLES
    labels = runs["lora"][0].predictions["test"].labels
    assert by_slice["class_neutral"]["examples"] == (labels == 1).sum()
    neutral = labels == 1
    expected = np.mean([run.example_scores("test")[neutral].mean() for run in runs["lora"]])
    lora = by_slice["class_neutral"]["lora"]
    assert lora["accuracy"] == pytest.approx(expected, abs=1e-6)
    assert lora["low"] < lora["accuracy"] < lora["high"]


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_answer_the_question_of_the_verdicts(seeds: int, tmp_path: Path) -> None:
    """On all of test, where they are those of the comparison; seeds vary a lot."""
    for seed in range(seeds):
        write_run(tmp_path, "lora", seed, skill=1.0 + 0.8 * seed, trainable=9)
    runs = load(tmp_path, list(range(seeds)), ["lora"])
    texts = ["two @words"] * EXAMPLES
    of_all = slices(runs, texts, settings())["with_mention"]["lora"]
    comparison = compare(runs, settings())
    score = comparison.method("lora").scores["accuracy"]
    assert of_all["accuracy"] == score.mean
    width = of_all["high"] - of_all["low"]
    asked = score.over_seeds if seeds == 3 else score.fixed_models
    assert asked is not None
    # Not to the last digit: other resamples.
    assert width == pytest.approx(asked.high - asked.low, rel=0.12)
    if seeds == 3:
        fixed = score.fixed_models
        assert width > 2 * (fixed.high - fixed.low)


def test_a_slice_with_next_to_nothing_is_left_out(runs: RunSet, texts: list[str]) -> None:
    plain = [*["words only"] * (EXAMPLES - 29), *["one 😀"] * 29]
    assert "with_emoji" not in slices(runs, plain, settings())


def test_errors_are_those_of_the_decision(models: Path, texts: list[str], tmp_path: Path) -> None:
    make_a_class_rare(models, 12)
    runs = load(models, [0], decision="balanced")
    write_errors(runs, texts, tmp_path / "errors")
    with (tmp_path / "errors/lora.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    run = runs["lora"][0]
    test, predicted = run.predictions["test"], run.predicted("test")
    for row in rows:
        at = test.row_ids.index(row["row_id"])
        assert row["predicted"] == LABELS[predicted[at]]
        confidence = float(test.probabilities[at, predicted[at]])
        assert float(row["confidence"]) == pytest.approx(confidence, abs=1e-4)
    assert any(predicted != test.probabilities.argmax(axis=1))


def test_the_surest_errors_come_first(runs: RunSet, texts: list[str], tmp_path: Path) -> None:
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
    ids = [f"row-{number}" for number in range(EXAMPLES)]
    assert read_texts(path, ids) == texts
    with pytest.raises(UserError, match="other examples than the predictions: run `dvc repro`"):
        read_texts(path, ids[::-1])
    path.write_bytes(b"PAR1")
    with pytest.raises(UserError, match="missing or damaged"):
        read_texts(path, ids)


def test_slices_by_length_are_thirds(runs: RunSet) -> None:
    texts = ["word " * (1 + number % 30) for number in range(EXAMPLES)]
    by_slice = slices(runs, texts, settings())
    assert [by_slice[f"length_{name}"]["examples"] for name in ("short", "middle", "long")] == [
        EXAMPLES / 3
    ] * 3


def test_a_method_called_as_the_count_is_refused(models: Path, texts: list[str]) -> None:
    (models / "lora").rename(models / "examples")
    runs = load(models, [0], ["baseline", "examples"])
    with pytest.raises(UserError, match="a method cannot be called examples"):
        slices(runs, texts, settings())
