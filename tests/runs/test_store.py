import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.fake_runs import LABELS, load, make_a_class_rare, random_predictions, write_run
from textune.errors import UserError
from textune.report.scores import quality
from textune.runs import predictions
from textune.runs.predictions import Predictions
from textune.runs.store import RunFolder


def test_methods_come_as_declared_and_untrained_first(models: Path) -> None:
    """Whatever they train, and whatever else lies there."""
    for seed in (0, 1):
        write_run(models, "adapter", seed, skill=1, trainable=60_000)
    (models / ".tmp").mkdir()
    (models / "note.txt").write_text("not a method")
    runs = load(models, [1, 0], ["full", "lora", "baseline"])
    assert list(runs) == ["untrained", "full", "lora", "baseline"]
    assert runs.methods == ["full", "lora", "baseline"]
    assert [run.record.seed for run in runs["lora"]] == [1, 0]
    assert (runs.seeds, runs.label_names) == ([1, 0], LABELS)
    assert "untrained" not in load(models, [0], ["lora", "full"])


def test_titles_are_those_of_params_or_the_names(models: Path) -> None:
    write_run(models, "own", 0, skill=1, trainable=0)
    runs = load(models, [0], ["baseline", "lora", "own"], titles={"lora": "LoRA"})
    titles = [runs.title(name) for name in runs]
    assert titles == ["untrained head", "baseline", "LoRA", "own, left untrained"]


def test_untrained_is_the_new_head_not_the_trained_one(models: Path) -> None:
    runs = load(models, [0])
    expected = random_predictions(99, skill=0)
    test = runs["untrained"][0].predictions["test"]
    assert test.probabilities.tolist() == expected.probabilities.tolist()
    assert runs["untrained"][0].record.cost.trainable_parameters == 0
    assert runs["baseline"][0].record.cost.trainable_parameters == 1_155


def test_balanced_decision_of_all_runs_is_by_the_shares_in_validation(models: Path) -> None:
    labels = make_a_class_rare(models, 24)
    balanced, plain = load(models, [0, 1], decision="balanced"), load(models, [0, 1])
    expected = len(labels) / np.bincount(labels)
    for run in (run for of_method in balanced.values() for run in of_method):
        assert run.weights is not None
        assert run.weights.tolist() == expected.tolist()
    rare = [(runs["lora"][0].predicted("test") == 0).sum() for runs in (plain, balanced)]
    assert rare[1] > rare[0]
    scores = [quality(runs, "test")["lora"] for runs in (plain, balanced)]
    assert scores[1]["recall_very_negative"] > scores[0]["recall_very_negative"]
    assert scores[1]["log_loss"] == scores[0]["log_loss"]


def test_a_dropped_seed_is_not_read(models: Path) -> None:
    for run in models.glob("*/1"):
        shutil.rmtree(run)
        run.mkdir()  # reading it would fail
    runs = load(models, [0])
    assert all(len(of_method) == 1 for of_method in runs.values())


def test_a_missing_seed_is_an_error(models: Path) -> None:
    with pytest.raises(UserError, match=r"baseline/5 is missing: run `dvc repro`"):
        load(models, [0, 5])


def test_another_model_is_an_error(models: Path) -> None:
    path = models / "full" / "1" / "run.json"
    record = json.loads(path.read_text())
    record["params"]["model"]["name"] = "bundled:b"
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"baseline/0 and .*full/1 started from different models"):
        load(models, [0, 1])


def test_a_missing_method_is_an_error(models: Path) -> None:
    told = r"adapter/0 is missing: run `dvc repro`, or take adapter out of methods in params\.yaml"
    with pytest.raises(UserError, match=told):
        load(models, [0], ["lora", "adapter"])


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
        load(models, [0])


def test_run_json_without_a_key_is_an_error(models: Path) -> None:
    path = models / "lora/0/run.json"
    record = json.loads(path.read_text())
    del record["saved_bytes"]
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="saved_bytes: Field required"):
        load(models, [0])


def test_only_this_file_knows_the_layout() -> None:
    """Archives and dvc.yaml depend on it."""
    folder = RunFolder.of(Path("models"), "lora", 3)
    assert str(folder.path) == "models/lora/3"
    assert str(folder.weights) == "models/lora/3/model"
    assert str(folder.record) == "models/lora/3/run.json"
    assert str(folder.curve("loss")) == "models/lora/3/live/plots/metrics/validation/loss.tsv"
    assert str(folder.predictions("test")) == "models/lora/3/predictions/test.parquet"
    assert str(folder.predictions("test", untrained=True)) == "models/lora/3/untrained/test.parquet"


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize("change", ["order", "labels"])
def test_other_examples_are_refused(models: Path, split: str, change: str) -> None:
    path = models / "lora/1/predictions" / f"{split}.parquet"
    written = predictions.read(path)
    ids, labels = written.row_ids, written.labels
    if change == "order":
        ids = [ids[1], ids[0], *ids[2:]]
    else:
        labels = (labels + 1) % 3
    predictions.write(path, Predictions(ids, labels, written.probabilities))
    with pytest.raises(UserError, match=f"different {split} examples.*`dvc repro`"):
        load(models, [0, 1])


def test_other_label_names_are_refused(models: Path) -> None:
    path = models / "lora/1/run.json"
    record = json.loads(path.read_text()) | {"label_names": ["c", "b", "a"]}
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="different data/prepared"):
        load(models, [0, 1])
