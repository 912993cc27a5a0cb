"""Runs without weights give every figure again."""

import shutil
from pathlib import Path

import pytest

from tests.results.fake_runs import settings, write_run
from textune.errors import UserError
from textune.results.keeping import keep, kept_seeds
from textune.results.runs import load_runs
from textune.results.writing import write_results


def kept(models: Path, folder: Path) -> Path:
    for method in ("baseline", "lora", "full"):
        assert len(list(keep(models, method, [0, 1], method, folder))) == 2
    return folder


def test_kept_runs_give_the_same_figures(models: Path, tmp_path: Path) -> None:
    write_results(load_runs(models, [0, 1]), settings(), tmp_path / "metrics")
    (models / "lora/0/model").mkdir()
    (models / "lora/0/model/adapter_model.safetensors").write_bytes(b"weights")
    folder = kept(models, tmp_path / "kept")
    assert not list(folder.rglob("*.safetensors"))
    shutil.rmtree(models)
    write_results(load_runs(folder, kept_seeds(folder)), settings(), tmp_path / "again")
    files = [path for path in (tmp_path / "metrics").rglob("*") if path.is_file()]
    assert len(files) == 8
    for path in files:
        again = tmp_path / "again" / path.relative_to(tmp_path / "metrics")
        assert again.read_bytes() == path.read_bytes()


def test_one_method_with_two_settings(models: Path, tmp_path: Path) -> None:
    folder = kept(models, tmp_path / "kept")
    for seed in (0, 1):
        shutil.rmtree(models / "lora" / str(seed))
        write_run(models, "lora", seed, skill=1.7, trainable=300_000)
    list(keep(models, "lora", [0, 1], "lora_all_linear", folder))
    runs = load_runs(folder, kept_seeds(folder))
    assert list(runs) == ["untrained", "baseline", "lora", "lora_all_linear", "full"]
    shutil.rmtree(folder / "lora_all_linear/0")
    assert kept_seeds(folder) == [1]
    again = list(keep(models, "lora", [0, 1], "lora", folder))
    assert [path.name for path in again] == ["0", "1"]
    assert load_runs(folder, [1])["lora"][0].record.trainable_parameters == 300_000


def test_an_incomplete_run_is_not_kept(models: Path, tmp_path: Path) -> None:
    (models / "lora/1/predictions/test.parquet").unlink()
    with pytest.raises(UserError, match=r"lora/1/predictions/test\.parquet is missing"):
        list(keep(models, "lora", [0, 1], "lora", tmp_path / "kept"))
    with pytest.raises(UserError, match="a method cannot be called 'a/b': use letters, digits"):
        list(keep(models, "lora", [0], "a/b", tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()
    with pytest.raises(UserError, match=r"holds no runs; it should have <method>/<seed>/run\.json"):
        kept_seeds(tmp_path / "kept")
    for run in ("lora/0", "full/1"):
        (tmp_path / "kept" / run).mkdir(parents=True)
    with pytest.raises(UserError, match="no seed is there of all of full, lora"):
        kept_seeds(tmp_path / "kept")
