import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.results.fake_runs import LABELS, make_a_class_rare, random_predictions, write_run
from textune.errors import UserError
from textune.results import predictions
from textune.results.predictions import Predictions
from textune.results.runs import load_runs
from textune.results.summary import quality


def test_methods_come_untrained_first_then_by_trainable_parameters(models: Path) -> None:
    write_run(models, "adapter", 0, skill=1, trainable=60_000)
    write_run(models, "adapter", 1, skill=1, trainable=60_000)
    (models / ".tmp").mkdir()
    (models / "note.txt").write_text("not a method")
    runs = load_runs(models, [1, 0])
    assert list(runs) == ["untrained", "baseline", "adapter", "lora", "full"]
    assert [run.folder.name for run in runs["lora"]] == ["1", "0"]
    assert runs["lora"][0].record.label_names == LABELS


def test_untrained_is_the_new_head_not_the_trained_one(models: Path) -> None:
    runs = load_runs(models, [0])
    expected = random_predictions(99, skill=0)
    found = runs["untrained"][0].predictions["test"]
    assert found.probabilities.tolist() == expected.probabilities.tolist()
    assert runs["untrained"][0].record.trainable_parameters == 0
    assert runs["baseline"][0].record.trainable_parameters == 1_155


def test_balanced_decision_of_all_runs_is_by_the_shares_in_validation(models: Path) -> None:
    labels = make_a_class_rare(models, 24)
    runs = load_runs(models, [0, 1], "balanced")
    expected = len(labels) / np.bincount(labels)
    for run in (run for of_method in runs.values() for run in of_method):
        for split in run.predictions.values():
            assert split.weights is not None
            assert split.weights.tolist() == expected.tolist()
    plain = load_runs(models, [0, 1])["lora"][0].predictions["test"]
    balanced = runs["lora"][0].predictions["test"]
    rare = [(one.predicted == 0).sum() for one in (plain, balanced)]
    assert rare[1] > rare[0]
    scores = [quality(found, "test")["lora"] for found in (load_runs(models, [0, 1]), runs)]
    assert scores[1]["recall_very_negative"] > scores[0]["recall_very_negative"]
    assert scores[1]["log_loss"] == scores[0]["log_loss"]


def test_a_dropped_seed_is_not_read(models: Path) -> None:
    for run in models.glob("*/1"):
        shutil.rmtree(run)
        run.mkdir()  # reading it would fail
    runs = load_runs(models, [0])
    assert all(len(of_method) == 1 for of_method in runs.values())


def test_a_missing_seed_is_an_error(models: Path) -> None:
    with pytest.raises(UserError, match=r"baseline/5 is missing: run `dvc repro`"):
        load_runs(models, [0, 5])


def test_another_model_is_an_error(models: Path) -> None:
    path = models / "full" / "1" / "run.json"
    record = json.loads(path.read_text())
    record["params"]["model"]["name"] = "bundled:b"
    path.write_text(json.dumps(record))
    with pytest.raises(
        UserError, match=r"baseline/0/untrained and .*full/1 started from other models"
    ):
        load_runs(models, [0, 1])


def test_no_models_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no trained method: run `dvc repro`"):
        load_runs(tmp_path / "models", [0])


@pytest.mark.parametrize(
    "file",
    [
        "lora/0/run.json",
        "lora/0/predictions/test.parquet",
        "lora/0/predictions/validation.parquet",
        "baseline/0/untrained/test.parquet",
    ],
)
def test_a_missing_file_is_an_error(models: Path, file: str) -> None:
    (models / file).unlink()
    with pytest.raises(UserError, match=rf"{file} is missing: .*`dvc repro`"):
        load_runs(models, [0])


def test_run_json_without_a_key_is_an_error(models: Path) -> None:
    path = models / "lora/0/run.json"
    record = json.loads(path.read_text())
    del record["saved_bytes"]
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="saved_bytes: Field required"):
        load_runs(models, [0])


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize("change", ["order", "labels"])
def test_other_examples_are_refused(models: Path, split: str, change: str) -> None:
    path = models / "lora/1/predictions" / f"{split}.parquet"
    found = predictions.read(path)
    ids, labels = found.row_ids, found.labels
    if change == "order":
        ids = [ids[1], ids[0], *ids[2:]]
    else:
        labels = (labels + 1) % 3
    predictions.write(path, Predictions(ids, labels, found.probabilities))
    with pytest.raises(UserError, match=f"other {split} examples.*`dvc repro`"):
        load_runs(models, [0, 1])


def test_other_label_names_are_refused(models: Path) -> None:
    path = models / "lora/1/run.json"
    record = json.loads(path.read_text()) | {"label_names": ["c", "b", "a"]}
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="different data/prepared"):
        load_runs(models, [0, 1])
