"""Whether git or DVC knows a path: a queued experiment sees nothing else."""

import subprocess
from pathlib import Path

from textune.errors import UserError


def require_tracked(path: Path) -> None:
    """Raise `UserError` with the cure if `path` is or holds a file that neither tracks."""
    if _in_dvc(path):
        return
    command = ["git", "ls-files", "-z", "--others", "--", str(path)]
    listing = subprocess.run(command, capture_output=True, text=True)
    strangers = [Path(name) for name in listing.stdout.split("\0") if name]
    if listing.returncode or any(not _in_dvc(stranger) for stranger in strangers):
        raise UserError(
            f"data.path: neither git nor DVC tracks all of {path}, so a queued experiment would not"
            f" see it; run `dvc add {path}`"
        )


def _in_dvc(path: Path) -> bool:
    """Whether `path` or a folder above it has a .dvc file."""
    named = [folder for folder in (path, *path.parents) if folder.name]
    return any(folder.with_name(f"{folder.name}.dvc").is_file() for folder in named)
