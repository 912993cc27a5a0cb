"""Runs without weights give every result again."""

import shutil
from pathlib import Path

import pytest

from tests.fake_runs import load, settings, write_run
from textune.errors import UserError
from textune.report.writing import write_results
from textune.runs.archive import archive, archived, shared_seeds
from textune.runs.record import read_record
from textune.runs.store import RunFolder

METHODS = ["baseline", "lora", "full"]


def archive_all(models: Path, folder: Path) -> Path:
    for name in METHODS:
        assert len(list(archive(models, name, [0, 1], name, folder))) == 2
    return folder


def test_archived_runs_give_the_same_results(models: Path, tmp_path: Path) -> None:
    write_results(load(models, [0, 1]), settings(), tmp_path / "metrics")
    weights = RunFolder.of(models, "lora", 0).weights
    weights.mkdir()
    (weights / "adapter_model.safetensors").write_bytes(b"weights")
    (RunFolder.of(models, "lora", 0).live / "metrics.json").write_text("{}")
    folder = archive_all(models, tmp_path / "archive")
    assert not list(folder.rglob("*.safetensors"))
    assert not list(folder.rglob("metrics.json")), "dvclive's summary says nothing new"
    shutil.rmtree(models)
    folders = archived([folder], METHODS)
    runs = load(folder, shared_seeds(folders), list(folders))
    write_results(runs, settings(), tmp_path / "again")
    files = [path for path in (tmp_path / "metrics").rglob("*") if path.is_file()]
    assert len(files) == 9
    for path in files:
        again = tmp_path / "again" / path.relative_to(tmp_path / "metrics")
        assert again.read_bytes() == path.read_bytes()


def test_one_method_with_two_settings(models: Path, tmp_path: Path) -> None:
    folder = archive_all(models, tmp_path / "archive")
    for seed in (0, 1):
        shutil.rmtree(models / "lora" / str(seed))
        write_run(models, "lora", seed, skill=1.7, trainable=300_000)
    list(archive(models, "lora", [0, 1], "lora_all", folder))
    record = read_record(RunFolder.of(folder, "lora_all", 1).record)
    assert (record.name, record.method) == ("lora_all", "lora")
    # What is declared comes first, in that order; the others by name.
    folders = archived([folder], ["lora_all", "full", "missing"])
    assert list(folders) == ["lora_all", "full", "baseline", "lora"]
    assert shared_seeds(folders) == [0, 1]
    shutil.rmtree(folder / "lora_all/0")
    assert shared_seeds(folders) == [1]
    # A run that is there already is replaced.
    again = list(archive(models, "lora", [0, 1], "lora", folder))
    assert [path.name for path in again] == ["0", "1"]
    (run,) = load(folder, [1], ["lora"])["lora"]
    assert run.record.cost.trainable_parameters == 300_000


def test_methods_of_several_folders(models: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    list(archive(models, "lora", [0, 1], "lora", first))
    list(archive(models, "full", [1], "full", second))
    folders = archived([first, second], ["full", "lora"])
    assert list(folders.items()) == [("full", second), ("lora", first)]
    assert shared_seeds(folders) == [1]
    list(archive(models, "full", [0], "full", first))
    with pytest.raises(UserError, match=r"first and .*second both hold runs of full"):
        archived([first, second], [])


def test_an_incomplete_run_is_not_archived(models: Path, tmp_path: Path) -> None:
    target = tmp_path / "archive"
    RunFolder.of(models, "lora", 1).predictions("test").unlink()
    with pytest.raises(UserError, match=r"lora/1/predictions/test\.parquet is missing"):
        list(archive(models, "lora", [0, 1], "lora", target))
    for name in ("a/b", "untrained", "1a"):
        with pytest.raises(UserError, match=f"a method cannot be called '{name}': use letters"):
            list(archive(models, "lora", [0], name, target))
    assert not target.exists()
    with pytest.raises(UserError, match=r"holds no runs; it should have <method>/<seed>/run\.json"):
        archived([target], [])
    for run in ("lora/0", "full/1"):
        (target / run).mkdir(parents=True)
    with pytest.raises(UserError, match="no seed has runs of all of full, lora"):
        shared_seeds(archived([target], []))


def test_what_an_interrupted_copy_left_is_no_run_and_no_obstacle(
    models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    draft = folder / "LoRA/.0"
    draft.mkdir(parents=True)
    (draft / "half").touch()
    targets = list(archive(models, "lora", [0, 1], "LoRA", folder))
    assert not any((path / "half").exists() for path in targets)
    (folder / "LoRA/7").touch()
    (folder / "LoRA/notes").mkdir()
    assert shared_seeds(archived([folder], [])) == [0, 1]
