import shutil
from pathlib import Path

import pytest

from tests.pipeline.commands import METHODS, dvc, trained
from tests.tiny import git, make_workspace, tiny_model


@pytest.fixture(scope="session")
def trained_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after `dvc repro`, committed."""
    folder = tmp_path_factory.mktemp("pipeline")
    work = make_workspace(folder / "work", tiny_model(folder / "model", "bert"))
    output = dvc(work, "repro")
    assert trained(output) == {"prepare", "evaluate", *(f"train_{m}@0" for m in METHODS)}
    assert "full fine-tuning" in output
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "trained")
    return work


@pytest.fixture
def work(trained_workspace: Path, tmp_path: Path) -> Path:
    """A copy of the trained workspace, with DVC's cache."""
    shutil.copytree(trained_workspace, tmp_path / "work", symlinks=True)
    return tmp_path / "work"
