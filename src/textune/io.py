"""Files that reviewers read in git: whole or not there, the same bytes for the same content."""

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import platformdirs

from textune.errors import UserError


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, creating the folder. An interrupted write leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write `content` with sorted keys, whole or not at all. Raises ValueError for NaN."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read an object. Raises UserError if the file is missing or holds something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `dvc repro`, or fetch it with git") from None
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON ({error}): run `dvc repro`") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no JSON object: run `dvc repro`")
    return content


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str | int | float]]
) -> None:
    """Write a header and rows, whole or not at all."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def follow_umask(folder: Path) -> None:
    """Give files the mode that new ones have: safetensors writes files for their owner only."""
    mask = os.umask(0)
    os.umask(mask)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o666 & ~mask)


def user_cache(name: str) -> Path:
    """A folder of the user's, outside of what DVC deletes before a stage, made if it is missing.

    It is in `$TEXTUNE_CACHE` or the user's cache folder, the same for every workspace.
    """
    folder = Path(os.environ.get("TEXTUNE_CACHE") or platformdirs.user_cache_path("textune")) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()
