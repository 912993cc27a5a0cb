import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.review.changes import BASE, commit, train, write_lock
from tests.tiny import git, real_values


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textune: Commands) -> Path:
    """A repository of git and DVC with runs of three methods in git, and a tag `base`."""
    monkeypatch.chdir(tmp_path)
    values = real_values()
    values["train"]["seeds"] = [0, 1, 2]
    values["evaluate"] |= {"resamples": 1000, "noninferiority_margin": 0.05}
    values["methods"] = list(BASE)
    YAML().dump(values, tmp_path / "params.yaml")
    (tmp_path / "requirements.lock").write_text("torch==2.13.0 \\\n    --hash=sha256:0\n")
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    analytics = false\n")
    (tmp_path / ".dvc/.gitignore").write_text("/tmp\n/cache\n")
    (tmp_path / "metrics").mkdir()
    data = {"kept": {"test": {"examples": 240}}, "dropped": {}}
    (tmp_path / "metrics/data.json").write_text(json.dumps(data))
    write_lock(tmp_path, {"train.seeds": [0, 1, 2]})
    train(tmp_path, textune)
    commit(tmp_path)
    git(tmp_path, "tag", "base")
    return tmp_path
