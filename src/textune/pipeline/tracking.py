"""Whether git or DVC knows a path: a queued experiment sees nothing else."""

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

    key: what names the path in params.yaml.
    """
    if _in_dvc(path):
        return
    command = ["git", "ls-files", "-z", "--others", "--", str(path)]
    listing = subprocess.run(command, capture_output=True, text=True)
    strangers = [Path(name) for name in listing.stdout.split("\0") if name]
    if listing.returncode or any(not _in_dvc(stranger) for stranger in strangers):
        raise UserError(
            f"{key}: neither git nor DVC tracks all of {path}, so a queued experiment would not"
            f" see it; run `dvc add {path}`"
        )


def _in_dvc(path: Path) -> bool:
    """Whether `path` or a folder above it has a .dvc file."""
    named = [folder for folder in (path, *path.parents) if folder.name]
    return any(folder.with_name(f"{folder.name}.dvc").is_file() for folder in named)
