"""What neither git nor DVC tracks is refused: a queued experiment would not see it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tiny import git, write_tweeteval
from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.pipeline.tracking import require_model_tracked, require_tracked


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that git tracks; the repository is the cwd."""
    monkeypatch.chdir(tmp_path)
    path = write_tweeteval(Path("raw"), {"train": 6, "val": 3, "test": 3})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    return path


def test_folder_that_git_tracks_is_accepted(folder: Path) -> None:
    require_tracked(folder)


def test_untracked_folder_is_refused_with_the_cure(folder: Path) -> None:
    git(folder.parent, "rm", "-rq", "--cached", "raw")
    with pytest.raises(UserError, match=r"neither git nor DVC tracks all of raw.* `dvc add raw`"):
        require_tracked(folder)


def test_stranger_in_a_tracked_folder_is_refused(folder: Path) -> None:
    (folder / "train_extra.txt").write_text("x")
    with pytest.raises(UserError, match="neither git nor DVC tracks all of raw"):
        require_tracked(folder)


def test_what_dvc_tracks_is_accepted_also_where_it_is_missing(folder: Path) -> None:
    git(folder.parent, "rm", "-rq", "--cached", "raw")
    subprocess.run(["dvc", "init", "-q"], check=True, capture_output=True)
    subprocess.run(["dvc", "add", "-q", "raw"], check=True, capture_output=True)
    require_tracked(folder)
    require_tracked(folder / "mapping.txt")
    shutil.rmtree(folder)
    require_tracked(folder)


def test_what_a_stage_of_the_users_own_makes_is_accepted(folder: Path) -> None:
    git(folder.parent, "rm", "-rq", "--cached", "raw")
    subprocess.run(["dvc", "init", "-q"], check=True, capture_output=True)
    stage = "stages: {fetch: {cmd: fetch, outs: [raw/train_text.txt, raw/other]}}"
    Path("dvc.yaml").write_text(stage)
    require_tracked(folder / "train_text.txt")
    require_tracked(folder / "other" / "not_yet.csv")
    with pytest.raises(UserError, match="neither git nor DVC tracks all of raw"):
        require_tracked(folder)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("raw/nowhere.csv", "does not exist"),
        ("-rf", "does not exist"),
        ("$(touch marker); touch marker", "does not exist"),
        ("../elsewhere", "is outside of the project"),
        ("/etc/passwd", "is outside of the project"),
    ],
)
def test_a_path_that_cannot_be_tracked_is_told(folder: Path, path: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        require_tracked(Path(path))
    assert str(caught.value).startswith(f"data.path: {path} {problem}")
    assert str(caught.value).endswith("run `dvc add data/raw/<name>` and set data.path to that")
    assert not Path("marker").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("new", "model.name: neither git nor DVC tracks all of new, so .* run `dvc add new`"),
        ("../new", "model.name: ../new is outside of the project, .*; set it to .*/new$"),
        ("raw", None),
        ("no/folder", None),
        ("bundled:all-MiniLM-L6-v2", None),
    ],
)
def test_a_model_in_the_project_is_tracked(
    folder: Path, name: str, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("new", "work/new"):
        Path(path).mkdir(parents=True)
        Path(path, "config.json").write_text("{}")
    model = ModelParams(name=name, revision=None, max_length=8)
    require_model_tracked(model.model_copy(update={"name": str(Path("new").resolve())}))
    if told is None:
        require_model_tracked(model)
        return
    if name.startswith(".."):
        monkeypatch.chdir("work")
    with pytest.raises(UserError, match=told):
        require_model_tracked(model)
