import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.pipeline.commands import dvc, trained
from tests.tiny import METHODS, git, make_workspace, tiny_model


@pytest.fixture(scope="session")
def trained_workspace(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A workspace after `dvc repro`, committed; the first worker that wants it makes it for all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "trained"
    with FileLock(f"{folder}.lock"):
        if not (folder / "committed").exists():
            make_trained_workspace(folder)
            (folder / "committed").touch()
    return folder / "work"


def make_trained_workspace(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    work = make_workspace(folder / "work", tiny_model(folder / "model", "bert"))
    output = dvc(work, "repro")
    assert trained(output) == {"prepare", "evaluate", *(f"train_{m}@0" for m in METHODS)}
    assert "full fine-tuning" in output
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "trained")


@pytest.fixture
def inside(trained_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The trained workspace, which no test changes; the cwd."""
    monkeypatch.chdir(trained_workspace)
    return trained_workspace


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(monkeypatch, capsys)


@pytest.fixture
def two_methods(work: Path) -> Path:
    """The same with the stages of the head and LoRA only, for what trains anew: `two_methods`."""
    yaml = YAML()
    stages = yaml.load(work / "dvc.yaml")
    for name in ("tune_adapter", "tune_full", "train_adapter", "train_full"):
        del stages["stages"][name]
    yaml.dump(stages, work / "dvc.yaml")
    params = yaml.load(work / "params.yaml")
    params["methods"] = ["baseline", "lora"]
    yaml.dump(params, work / "params.yaml")
    dvc(work, "repro")
    git(work, "commit", "-qam", "two methods")
    return work


@pytest.fixture
def work(trained_workspace: Path, tmp_path: Path) -> Path:
    """A copy of the trained workspace, with DVC's cache."""
    shutil.copytree(trained_workspace, tmp_path / "work", symlinks=True)
    return tmp_path / "work"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "checkpoints"
