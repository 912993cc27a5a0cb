"""Whether git or DVC knows a path: a queued experiment sees nothing else."""

import os
import subprocess
from pathlib import Path

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.location import own_folder


def require_model_tracked(model: ModelParams) -> None:
    """`require_tracked` for a model that is a folder of the project, named by a relative path."""
    folder = own_folder(model)
    if folder is None:
        return
    if not folder.resolve().is_relative_to(Path.cwd()):
        raise UserError(
            f"model.name: {folder} is outside of the project, so a queued experiment, which runs in"
            f" another folder, would not find it; set it to {folder.resolve()}"
        )
    require_tracked(folder, "model.name")


def require_tracked(path: Path, key: str = "data.path") -> None:
    """Raise `UserError` with the cure if `path` is or holds a file that neither tracks.

    What DVC tracks may be missing: `dvc pull` fetches it, or a stage makes it. key: what names the
    path in params.yaml.
    """
    copying = "copy it to data/raw, run `dvc add data/raw/<name>` and set data.path to that"
    # Links are not followed: DVC may link data to its cache, which may be anywhere.
    if ".." in Path(os.path.relpath(path)).parts:
        raise UserError(
            f"{key}: {path} is outside of the project, where a queued experiment would not see"
            f" it; {copying}"
        )
    strangers = _not_in_git(path)
    if not strangers or _in_dvc(strangers):
        return
    if not path.exists():
        raise UserError(f"{key}: {path} does not exist; if the data is elsewhere, {copying}")
    raise UserError(
        f"{key}: neither git nor DVC tracks all of {path}, so a queued experiment would not"
        f" see it; run `dvc add {path}`"
    )


def _not_in_git(path: Path) -> list[Path]:
    """Files of `path` that git does not track, or `path` if it is not there."""
    command = ["git", "ls-files", "-z", "--others", "--", str(path)]
    listing = subprocess.run(command, capture_output=True, text=True)
    if listing.returncode or not path.exists():
        return [path]
    return [Path(name) for name in listing.stdout.split("\0") if name]


def _in_dvc(paths: list[Path]) -> bool:
    """Whether DVC tracks them all: by a .dvc file, or as what a stage in dvc.yaml makes."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            outs = {Path(out.fs_path) for out in repo.index.outs}
    except DvcException:
        return False
    places = (path.absolute() for path in paths)
    return all(not outs.isdisjoint((place, *place.parents)) for place in places)
