"""Fixtures that need torch only when they are used."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli_commands import Commands
from tests.tiny import make_workspace, real_values, shrunk, tiny_model
from textune.params import Params, check_params

# Tests run side by side; more threads than cores would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# Whatever asks a model hub by mistake fails at once.
os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is read from or written to the user's cache of searches."""
    os.environ["TEXTUNE_CACHE"] = str(tmp_path_factory.mktemp("cache"))


class TinyModels(dict[str, Path]):
    """Random headless checkpoints by architecture, made when asked for; BERT's has its pooler."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, architecture: str) -> Path:
        self[architecture] = tiny_model(self._folder / architecture, architecture)
        return self[architecture]


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    return TinyModels(tmp_path_factory.mktemp("models"))


@pytest.fixture
def tiny_params(tiny_models: dict[str, Path]) -> Callable[..., Params]:
    """The shrunk parameters; `tiny_params("distilbert", lora={"r": 4})` changes some."""

    def make(architecture: str = "bert", **sections: dict[str, Any]) -> Params:
        values = shrunk(real_values(), tiny_models[architecture], "data/raw/tiny")
        for section, changes in sections.items():
            values[section].update(changes)
        return check_params(values, "tiny")

    return make


@pytest.fixture
def workspace(
    tmp_path: Path, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A git repository with the project's files, shrunk parameters and tiny data; the cwd."""
    make_workspace(tmp_path / "work", tiny_models["bert"])
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def textune(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(monkeypatch, capsys)
